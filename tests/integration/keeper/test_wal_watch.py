"""The WAL stays short, and who keeps it long is found."""

import os
from pathlib import Path

import pytest
import structlog

from keeper.wal import WalWatch, reading
from shared.database import Database
from shared.database.upkeep import database_file
from shared.errors import RepairError
from tests.integration.shared.conftest import Start

MB = 1_000_000
READ = """
import sys
from shared.database import open_database

with open_database(sys.argv[1]).read() as connection:
    connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one()
    print("reading", flush=True)
    sys.stdin.readline()
print("done", flush=True)
sys.stdin.read()
"""


def write(database: Database, megabytes: int) -> None:
    """So much goes through the WAL."""
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS ballast (content BLOB)")
    for _ in range(megabytes):
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO ballast VALUES (?)", (os.urandom(MB),))


class Watched:
    """A watch whose clock the test moves."""

    def __init__(self, database: Database) -> None:
        self.file = database_file(str(database.writer.url))
        self.now = 0.0
        self.watch = WalWatch(self.file, 2 * MB, structlog.get_logger(), clock=lambda: self.now)

    @property
    def wal_bytes(self) -> int:
        return self.file.with_name(f"{self.file.name}-wal").stat().st_size

    def round_after(self, seconds: float) -> None:
        self.now += seconds
        self.watch.round()


@pytest.fixture
def watched(database: Database) -> Watched:
    return Watched(database)


def test_without_a_reader_a_long_wal_is_emptied_at_once(database: Database, watched: Watched) -> None:
    write(database, 3)
    assert watched.wal_bytes > 2 * MB
    watched.round_after(0)
    assert watched.wal_bytes == 0


def test_a_reader_that_keeps_the_wal_is_named_after_half_a_minute_and_the_wal_shrinks_when_it_is_gone(
    database: Database, watched: Watched, start: Start
) -> None:
    reader = start(READ, str(database.writer.url))
    assert reader.stdout is not None
    assert reader.stdin is not None
    assert reader.stdout.readline() == "reading\n"
    write(database, 5)
    watched.round_after(0)
    watched.round_after(29)
    with pytest.raises(
        RepairError, match=rf"5 MB long .*: process {reader.pid} \(python\S* -c\); have them end"
    ) as told:
        watched.round_after(1)
    assert "for 30 s readers" in str(told.value)
    reader.stdin.write("\n")
    reader.stdin.flush()
    assert reader.stdout.readline() == "done\n"
    assert reading(watched.file) == {}
    watched.round_after(10)
    assert watched.wal_bytes == 0


def test_readers_that_come_and_go_are_not_taken_for_one_that_stays(
    database: Database, watched: Watched, start: Start
) -> None:
    first = start(READ, str(database.writer.url))
    assert first.stdout is not None
    first.stdout.readline()
    write(database, 3)
    watched.round_after(0)
    first.kill()
    first.wait()
    watched.round_after(31)
    assert watched.wal_bytes == 0


def test_our_own_backup_which_reads_until_it_is_done_is_no_alarm(database: Database, watched: Watched) -> None:
    with database.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one()
        write(database, 3)
        watched.round_after(0)
        watched.round_after(100)
        assert watched.wal_bytes > 2 * MB
        assert list(reading(watched.file)) == [os.getpid()]


def test_a_database_without_readers_or_wal_is_nothing_to_tell_of(tmp_path: Path) -> None:
    assert reading(tmp_path / "trading.db") == {}
