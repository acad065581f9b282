"""`python -m keeper` as a process."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from shared.database import Database
from tests.integration.console.market import fill_database
from tests.integration.shared.archive.months import JANUARY, SERIES, file, fill, table

CONFIG = "[exchanges.binance]\n[keeper]\naudit_minutes = 0.02\ncheckpoint_seconds = 1\n"


@pytest.fixture
def environ(tmp_path: Path, database: Database) -> dict[str, str]:
    fill_database(database)
    (tmp_path / "chandler.toml").write_text(CONFIG, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CHANDLER_")}
    return clean | {
        "CHANDLER_CONFIG": str(tmp_path / "chandler.toml"),
        "CHANDLER_PATHS__DATA": str(tmp_path),
        "CHANDLER_PATHS__BACKUPS": str(tmp_path / "backups"),
        "CHANDLER_HEALTH_FILE": str(tmp_path / "health.json"),
    }


def keeper(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "keeper", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


def falsify(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE positions SET amount = '0.2'")


def test_backup_prints_the_path_of_a_backup(environ: dict[str, str]) -> None:
    done = keeper(environ, "backup")
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_file()


def test_a_backup_that_can_not_be_written_is_a_message(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("a file where the directory should be")
    done = keeper(environ, "backup")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("keeper: ")
    assert "Traceback" not in done.stderr


def test_audit_names_the_position_that_its_trades_do_not_explain(environ: dict[str, str], database: Database) -> None:
    assert keeper(environ, "audit").returncode == 0
    falsify(database)
    done = keeper(environ, "audit")
    assert done.returncode == 1
    assert "rsi-btc: amount of BTC/USDT is 0.2, its trades make 0.1" in done.stderr


def test_it_keeps_auditing_tells_its_health_and_ends_cleanly_on_sigterm(
    environ: dict[str, str], database: Database, tmp_path: Path
) -> None:
    health = tmp_path / "health.json"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "keeper"], env=environ, stderr=log)

    def wait_for(verdict: bool) -> dict[str, object]:
        deadline = monotonic() + 60
        while True:
            assert process.poll() is None, (tmp_path / "log").read_text()
            word = json.loads(health.read_text()) if health.exists() else {}
            if word.get("healthy") is verdict:
                return dict(word)
            assert monotonic() < deadline, word
            sleep(0.1)

    try:
        wait_for(True)
        falsify(database)
        assert "the books don't add up" in str(wait_for(False)["detail"])
        assert '"level": "error"' in (tmp_path / "log").read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_archive_seals_the_months_that_are_complete(
    environ: dict[str, str], database: Database, tmp_path: Path
) -> None:
    fill(database, SERIES)
    archive = {"CHANDLER_PATHS__ARCHIVE": str(tmp_path / "archive")}
    done = keeper(environ | archive, "archive")
    assert done.returncode == 0, done.stderr
    assert file(tmp_path / "archive", JANUARY) == [row for row in table(database) if row[0] < JANUARY.end]
    assert "month sealed" in done.stderr


def test_without_pyarrow_the_keeper_says_once_that_months_are_not_sealed(environ: dict[str, str]) -> None:
    program = (
        "import sys; sys.modules['pyarrow'] = None; import importlib.util as util; find = util.find_spec;"
        "util.find_spec = lambda name, *rest: None if name == 'pyarrow' else find(name, *rest);"
        "from keeper.main import main; sys.exit(main([]))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], env=environ, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "keeper started" in line:
            break
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "".join([*lines, rest]).count("months are not sealed: the archive needs pyarrow") == 1
