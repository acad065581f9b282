"""A disk that is read-only, full or damaged: the message says so, and nothing is half-written."""

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from shared.candles import covered, store_page
from shared.database import Database, open_database, require_current
from shared.errors import RetryError, SchemaError, StopError
from shared.market import Candle, Interval, Series
from shared.models import ohlcv_data
from tests.integration.shared.conftest import Start

SECONDS = Series("binance", "BTC/USDT", "1s")
PAGE = 1_000

WRITE = """
import sys
from sqlalchemy import text
from shared.database import open_database

try:
    with open_database(sys.argv[1]).write() as connection:
        connection.execute(text("DELETE FROM series_status"))
except Exception as error:
    print(type(error).__name__, error)
"""


def test_a_directory_that_is_not_ours_to_write_stops_us(
    database_file: Path, start: Start, bound_by_permissions: tuple[str, ...]
) -> None:
    database_file.parent.chmod(0o555)
    said, _ = start(WRITE, f"sqlite:///{database_file}", before=bound_by_permissions).communicate(timeout=60)
    database_file.parent.chmod(0o755)
    assert said.startswith("StopError the data directory")
    assert "is not writable for uid" in said


def test_a_file_that_is_not_ours_to_write_stops_us(
    database_file: Path, start: Start, bound_by_permissions: tuple[str, ...]
) -> None:
    database_file.chmod(0o444)
    said, _ = start(WRITE, f"sqlite:///{database_file}", before=bound_by_permissions).communicate(timeout=60)
    assert said.startswith("StopError")
    assert "is read-only: check the file's owner and the mount" in said


def test_a_read_only_mount_stops_us(small_disk: Path, migrated_file: Path) -> None:
    url = f"sqlite:///{small_disk}/trading.db"
    (small_disk / "trading.db").write_bytes(migrated_file.read_bytes())
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StopError, match="is not writable"):
        open_database(url)


def store(database: Database, page: int) -> None:
    """Store the n-th page of a series in one transaction."""
    interval = Interval(page * PAGE * SECONDS.step, (page + 1) * PAGE * SECONDS.step)
    candles = [Candle(at, 100.0, 110.0, 90.0, 105.0, 1.5) for at in range(*interval, SECONDS.step)]
    with database.write() as connection:
        store_page(connection, SECONDS, candles, interval, now_us=1)


def assert_whole(database: Database, pages: int) -> None:
    """Exactly so many pages are stored, and the file is sound."""
    with database.read() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
        assert connection.execute(select(func.count()).select_from(ohlcv_data)).scalar_one() == pages * PAGE
        assert covered(connection, SECONDS) == [Interval(0, pages * PAGE * SECONDS.step)]


def test_a_full_disk_is_a_reason_to_try_again_and_costs_nothing_that_was_stored(
    small_disk: Path, migrated_file: Path
) -> None:
    (small_disk / "trading.db").write_bytes(migrated_file.read_bytes())
    (small_disk / "ballast").write_bytes(bytes(600_000))
    database = open_database(f"sqlite:///{small_disk}/trading.db", "normal")
    stored = 0

    def store_until_it_is_full() -> None:
        nonlocal stored
        for stored in range(1_000):
            store(database, stored)

    with pytest.raises(RetryError, match=r"no space left for .*: free some disk"):
        store_until_it_is_full()
    assert stored > 0
    assert_whole(database, stored)
    (small_disk / "ballast").unlink()
    store(database, stored)
    assert_whole(database, stored + 1)
    database.close()


@pytest.mark.parametrize(
    "content", [b"this is no database, but a shopping list" * 100, b"SQLite format 3\0" + b"\xff" * 4_096]
)
def test_a_damaged_file_stops_us_and_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "trading.db").write_bytes(content)
    database = open_database(f"sqlite:///{tmp_path}/trading.db")
    with pytest.raises(StopError, match="restore a backup"), database.write() as connection:
        connection.execute(text("DELETE FROM series_status"))
    database.close()
    assert (tmp_path / "trading.db").read_bytes() == content


def test_a_current_database_is_accepted(database: Database) -> None:
    require_current(database)


def test_a_database_that_was_never_migrated_is_refused_with_the_command_that_does_it(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/trading.db")
    with pytest.raises(SchemaError, match=r"has no tables yet: run `python schema\.py`"):
        require_current(database)
    database.close()


@pytest.mark.parametrize(
    ("version", "advice"), [("9999", "newer than this Chandler knows"), ("0000", "run `python schema.py`")]
)
def test_a_database_at_another_schema_is_refused(database: Database, version: str, advice: str) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    with pytest.raises(SchemaError, match=advice):
        require_current(database)
