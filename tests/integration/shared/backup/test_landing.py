"""A restored database takes another's place only when nobody holds that one, and never without a copy of it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from shared.backup.full import take_full
from shared.backup.increment import standing
from shared.backup.restore import restore
from shared.clock import now_us
from shared.database import open_database
from shared.database.schema import upgrade
from shared.database.sqlite import library
from shared.errors import StopError
from shared.ledger import leases_of
from shared.upkeep import alone, keeper_lock
from tests.integration.shared.backup.history import History, state_in
from tests.integration.shared.conftest import Start
from tests.integration.trader.desk import open_desk

HOLD = """
import sys
from shared.database import open_database
from sqlalchemy import text

database = open_database(sys.argv[1])
with database.read() as connection:
    connection.execute(text("SELECT count(*) FROM orders")).scalar()
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def history(tmp_path: Path) -> History:
    """A database with a full backup, closed."""
    made = History(open_desk(tmp_path), 1)
    made.go_on(5)
    take_full(made.path, tmp_path / "backups", tmp_path / "archive", now_us())
    made.database.close()
    return made


def _step(left: Iterator[int]) -> None:
    if next(left, None) is None:
        raise KeyboardInterrupt


def back(history: History, *, force: bool) -> Path | None:
    return restore(history.path.parent / "backups", None, history.path, now_us(), force=force).kept


def test_a_database_that_is_there_is_not_replaced(history: History) -> None:
    before = history.path.read_bytes()
    with pytest.raises(StopError, match="exists: restore to another path, or replace it with --force"):
        back(history, force=False)
    assert history.path.read_bytes() == before


def test_with_force_it_is_and_what_was_there_is_kept(history: History) -> None:
    history.go_on(5)
    history.database.close()
    kept = back(history, force=True)
    assert kept is not None
    assert state_in(kept) == history.seen[-1][1]
    assert state_in(history.path) == history.seen[4][1]


def test_not_while_another_process_has_it_open(history: History, start: Start) -> None:
    process = start(HOLD, f"sqlite:///{history.path}")
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(StopError, match="in use by another process: stop all services first"):
        back(history, force=True)
    process.communicate("\n")
    assert back(history, force=True) is not None


def test_not_while_a_keeper_runs(history: History) -> None:
    with (
        alone(keeper_lock(history.path), "the one on host a"),
        pytest.raises(StopError, match=r"a keeper runs \(the one"),
    ):
        back(history, force=True)


def test_one_that_is_too_damaged_to_open_is_put_aside_with_its_wal(history: History) -> None:
    wal = history.path.with_name("trading.db-wal")
    history.path.write_bytes(b"no database at all" * 500)
    wal.write_bytes(b"nor a log of one")
    kept = back(history, force=True)
    assert kept is not None
    assert kept.read_bytes().startswith(b"no database")
    assert not wal.exists()
    assert kept.with_name(f"{kept.name}-wal").read_bytes() == b"nor a log of one"
    assert state_in(history.path) == history.seen[4][1]


def test_what_was_restored_is_a_whole_database_that_lives_on(history: History, tmp_path: Path) -> None:
    target = tmp_path / "restored.db"
    made = restore(tmp_path / "backups", None, target, now_us())
    with closing(library().connect(target)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("SELECT count(*) FROM change_log").fetchone() == (0,)
    database = open_database(f"sqlite:///{target}")
    assert upgrade(database) == ("0005", "0005")
    with database.read() as connection:
        (lease,) = leases_of(connection, ["one"])
        stands = standing(connection)
    assert not lease.is_held(1, lease.boot_id)
    assert stands.timeline == made.timeline
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE positions SET amount = '3'")
        connection.exec_driver_sql("DELETE FROM markets")
        assert standing(connection).at_us > made.at_us
        assert connection.exec_driver_sql("SELECT count(*) FROM change_log").scalar_one() > 0
    database.close()


def test_whenever_it_is_killed_the_target_is_the_old_one_or_the_new_one(history: History, tmp_path: Path) -> None:
    old = state_in(history.path)
    full = history.seen[4][1]
    root = tmp_path / "backups"
    files = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and path.name != ".lock"}
    for steps in range(12):
        left = iter(range(steps))

        try:
            restore(root, None, history.path, now_us(), force=True, each_step=partial(_step, left))
        except KeyboardInterrupt:
            assert state_in(history.path) == old
        else:
            assert state_in(history.path) == full
            break
    else:
        pytest.fail("it never ended")
    assert {path: path.read_bytes() for path in files} == files
    assert not list(history.path.parent.glob(".*.partial*"))


def test_a_process_killed_at_any_moment_leaves_the_old_one(history: History, tmp_path: Path) -> None:
    before = state_in(history.path)
    program = (
        "import os, sys; from pathlib import Path; from shared.backup.restore import restore\n"
        "left = int(sys.argv[3])\n"
        "def step():\n    global left\n    left -= 1\n    left < 0 and os.kill(os.getpid(), 9)\n"
        "restore(Path(sys.argv[1]), None, Path(sys.argv[2]), 1, force=True, each_step=step)"
    )
    arguments = ["-c", program, str(tmp_path / "backups"), str(history.path)]
    for steps in range(3):
        ended = subprocess.run([sys.executable, *arguments, str(steps)], check=False, cwd=Path(__file__).parents[4])
        if ended.returncode == 0:
            break
        assert ended.returncode == -9
        assert state_in(history.path) == before
