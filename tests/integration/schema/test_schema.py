"""`python schema.py` as a user or a container runs it: a real process, a real file."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from schema import main
from shared.database import Database, open_database, require_current
from shared.database.version import SCHEMA_VERSION

PROGRAM = Path(__file__).parents[3] / "schema.py"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with the smallest configuration."""
    (tmp_path / "chandler.toml").write_text("[exchanges.binance]\n")
    return tmp_path


def environment(**changes: str) -> dict[str, str]:
    """Ours, without what configures Chandler."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("CHANDLER_")}
    return {**ours, **changes}


def schema(directory: Path, **changes: str) -> tuple[int, str, str]:
    """Run it in a directory: exit code, what it printed, what it complained about."""
    done = subprocess.run(
        [sys.executable, PROGRAM],
        cwd=directory,
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_it_creates_the_database_and_its_directories_and_the_next_time_changes_nothing(directory: Path) -> None:
    assert schema(directory) == (0, f"schema: data/trading.db created at {SCHEMA_VERSION}\n", "")
    assert (directory / "data/backups").is_dir()
    database = open_database(f"sqlite:///{directory}/data/trading.db")
    require_current(database)
    database.close()
    made = (directory / "data/trading.db").read_bytes()
    assert schema(directory) == (0, f"schema: data/trading.db is current ({SCHEMA_VERSION})\n", "")
    assert (directory / "data/trading.db").read_bytes() == made


def test_the_database_it_makes_is_in_wal_mode_wherever_the_url_points(directory: Path) -> None:
    code, _, _ = schema(directory, CHANDLER_DATABASE__URL=f"sqlite:///{directory}/elsewhere.db")
    assert code == 0
    database = open_database(f"sqlite:///{directory}/elsewhere.db")
    with database.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
    database.close()
    assert not (directory / "data/trading.db").exists()


def test_rows_survive_it(directory: Path, database_file: Path) -> None:
    (directory / "data").mkdir()
    shutil.copy(database_file, directory / "data/trading.db")
    database = open_database(f"sqlite:///{directory}/data/trading.db")
    with database.write() as connection:
        connection.execute(text("INSERT INTO ohlcv_data VALUES ('binance', 'BTC/USDT', '1m', 0, 1, 2, 1, 2, 9)"))
    assert schema(directory)[0] == 0
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM ohlcv_data")).scalar_one() == 1
    database.close()


def test_a_newer_database_is_refused_and_left_as_it_is(directory: Path, database_file: Path) -> None:
    (directory / "data").mkdir()
    path = directory / "data/trading.db"
    shutil.copy(database_file, path)
    database = open_database(f"sqlite:///{path}")
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    before = path.read_bytes()
    code, printed, complaint = schema(directory)
    assert (code, printed) == (1, "")
    assert "is at schema 9999, newer than this Chandler knows" in complaint
    assert "upgrade Chandler; nothing was changed" in complaint
    assert path.read_bytes() == before


def test_a_wrong_configuration_makes_nothing(directory: Path) -> None:
    code, _, complaint = schema(directory, CHANDLER_TRADER__LEASE="5")
    assert code == 1
    assert "trader.lease is not a known key" in complaint
    assert not (directory / "data").exists()


def test_a_directory_that_can_not_be_made_is_named(directory: Path) -> None:
    (directory / "data").write_text("a file stands where the directory should be")
    code, _, complaint = schema(directory)
    assert code == 1
    assert complaint.startswith("schema: ")
    assert "data" in complaint


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(directory: Path) -> None:
    (directory / "data").mkdir()
    (directory / "data/trading.db").write_bytes(b"a shopping list " * 400)
    code, _, complaint = schema(directory)
    assert code == 1
    assert "is damaged (file is not a database): stop all services and restore a backup" in complaint
    assert (directory / "data/trading.db").read_bytes() == b"a shopping list " * 400


def test_it_says_that_a_database_is_locked_and_goes_on_when_it_is_free(directory: Path, database: Database) -> None:
    impatient = environment(CHANDLER_DATABASE__URL=database.name, CHANDLER_DATABASE__BUSY_TIMEOUT_MS="20")
    command, pipe = [sys.executable, str(PROGRAM)], subprocess.PIPE
    with subprocess.Popen(command, cwd=directory, env=impatient, stdout=pipe, stderr=pipe, text=True) as process:
        with database.write():
            assert process.stderr is not None
            told = process.stderr.readline()
        printed, _ = process.communicate(timeout=60)
    assert "is locked by another writer for too long; trying again later" in told
    assert (process.returncode, printed) == (0, f"schema: data/trading.db is current ({SCHEMA_VERSION})\n")


def test_it_gives_up_on_a_database_that_stays_locked(
    directory: Path, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(directory)
    monkeypatch.setenv("CHANDLER_DATABASE__URL", database.name)
    monkeypatch.setenv("CHANDLER_DATABASE__BUSY_TIMEOUT_MS", "20")
    with database.write():
        assert main(patience_seconds=0.1) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) >= 2
    assert all("is locked by another writer" in line for line in told)


def test_several_at_once_on_an_empty_directory_make_one_database(directory: Path) -> None:
    command = [sys.executable, str(PROGRAM)]
    pipe = subprocess.PIPE
    several = [
        subprocess.Popen(command, cwd=directory, env=environment(), stdout=pipe, stderr=pipe, text=True)
        for _ in range(3)
    ]
    answers = [process.communicate(timeout=120) for process in several]
    created, current = (
        f"schema: data/trading.db {what}\n"
        for what in (f"created at {SCHEMA_VERSION}", f"is current ({SCHEMA_VERSION})")
    )
    assert sorted(said for said, _ in answers) == [created, current, current]
    waited = [line for _, told in answers for line in told.splitlines()]
    assert all("is locked by another writer" in line for line in waited)  # on a slow host, and then it tries again
