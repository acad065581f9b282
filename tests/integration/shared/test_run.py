"""A process keeps its figures in the data directory while it runs, and takes them away when it ends."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from shared.clock import boot_id, boot_us
from shared.database import Database
from shared.run import Run, running, runs
from tests.integration.shared.conftest import Start

SERVICE = """
import sys
from pathlib import Path
from shared.database import open_database
from shared.run import running

path = Path(sys.argv[1])
with running(path.parent, "trader", open_database(f"sqlite:///{path}")):
    print("runs", flush=True)
    sys.stdin.read()
"""


def told(data: Path) -> list[Run]:
    return runs(data, boot_us(), boot_id())


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_is_there_from_the_beginning_to_the_end(database: Database, tmp_path: Path) -> None:
    with database.read() as connection:
        connection.exec_driver_sql("SELECT 'hunter2', 17")
    with running(tmp_path, "trader", database):
        wait_until(lambda: bool(told(tmp_path)))
        (run,) = told(tmp_path)
    assert (run["service"], run["pid"]) == ("trader", os.getpid())
    assert run["database"]["connections"]["reader"] == {"open": 1, "in_use": 0, "most": 2}
    assert "SELECT '...', 17" in [each["statement"] for each in run["database"]["slowest"]]
    assert "hunter2" not in json.dumps(run)
    assert told(tmp_path) == []
    assert list((tmp_path / "run").iterdir()) == []


def test_after_a_kill_it_is_not_told_any_more_and_the_next_process_sweeps_it(
    database_file: Path, database: Database, start: Start
) -> None:
    data = database_file.parent
    process = start(SERVICE, str(database_file))
    wait_until(lambda: bool(told(data)))
    process.kill()
    process.wait()
    assert told(data) == []
    assert len(list((data / "run").iterdir())) == 1
    with running(data, "keeper", database):
        wait_until(lambda: [run["service"] for run in told(data)] == ["keeper"])
        assert len(list((data / "run").glob("*.json"))) == 1


def test_a_place_that_can_t_be_written_stops_nobody(database: Database, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file, where a directory should be")
    with running(tmp_path, "trader", database):
        assert told(tmp_path) == []
