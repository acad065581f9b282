"""Backups of a database that others write at the same moment."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from keeper.backup import backups_in, take_backup
from shared.database import Database, open_database, require_current
from shared.database.schema import upgrade
from shared.database.sqlite import library
from shared.errors import RepairError, RetryError, SchemaError, StopError
from shared.store import Store
from tests.integration.console.market import BTC, CANDLES, fill_database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
# Commits one candle after another until it is killed, and says each time how many there are.
WRITER = """
import itertools, sys
from shared.candles import store_page
from shared.database import open_database
from shared.market import Candle, Interval, Series
series = Series("binance", "BTC/USDT", "1s")
database = open_database(sys.argv[1])
for n in itertools.count(1):
    at = n * series.step
    with database.write() as connection:
        store_page(connection, series, [Candle(at, 1.0, 1.0, 1.0, 1.0, 1.0)], Interval(at, at + series.step), now_us=at)
    print(n, flush=True)
"""


def rows(path: Path, query: str) -> list[Any]:
    """Read from a backup, as any SQLite would."""
    connection = library().connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    try:
        return list(connection.execute(query))
    finally:
        connection.close()


def test_the_copy_holds_what_is_still_in_the_wal(database: Database, database_file: Path, tmp_path: Path) -> None:
    fill_database(database)
    assert database_file.with_name("trading.db-wal").stat().st_size > 0
    path = take_backup(database_file, tmp_path / "backups", 3, NOW)
    assert path == tmp_path / "backups/2026/03/01/trading-20260301T120000Z.db"
    assert rows(path, "SELECT count(*) FROM ohlcv_data") == [(CANDLES,)]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_copy_taken_while_another_process_writes_is_whole_and_of_one_instant(
    database_file: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", WRITER, f"sqlite:///{database_file}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        try:
            for round_ in range(5):
                committed = int([writer.stdout.readline() for _ in range(20)][-1])
                path = take_backup(database_file, tmp_path / "backups", 9, NOW + timedelta(seconds=round_))
                assert rows(path, "PRAGMA integrity_check") == [("ok",)]
                ((candles,),) = rows(path, "SELECT count(*) FROM ohlcv_data")
                assert candles >= committed
                assert rows(path, "SELECT sum(candles) FROM series_coverage") == [(candles,)]
                assert writer.poll() is None
        finally:
            writer.kill()


def test_a_backup_can_be_read_where_it_lies(database: Database, database_file: Path, tmp_path: Path) -> None:
    fill_database(database)
    with Store.open(take_backup(database_file, tmp_path / "backups", 3, NOW)) as store:
        assert len(store.candles(BTC)) == CANDLES


def test_a_backup_that_was_put_back_is_written_only_after_schema_py(database_file: Path, tmp_path: Path) -> None:
    restored = open_database(f"sqlite:///{take_backup(database_file, tmp_path / 'backups', 3, NOW)}")
    with pytest.raises(SchemaError, match=r"is not in WAL mode, as a restored backup is: run `python schema\.py`"):
        require_current(restored)
    upgrade(restored)
    require_current(restored)
    restored.close()


def test_old_backups_go_only_once_the_new_one_is_good(database_file: Path, tmp_path: Path) -> None:
    root = tmp_path / "backups"
    kept = [take_backup(database_file, root, 2, NOW + timedelta(days=day)) for day in range(3)]
    assert backups_in(root) == kept[1:]
    assert not (root / "2026/03/01").exists()

    def interrupted() -> None:
        raise RetryError("told to stop")

    with pytest.raises(RetryError):
        take_backup(database_file, root, 2, NOW + timedelta(days=9), interrupted)
    assert backups_in(root) == kept[1:]
    assert [path.name for path in root.rglob("*.partial*")] == []


def test_a_damaged_database_makes_no_backup(database: Database, database_file: Path, tmp_path: Path) -> None:
    fill_database(database)
    database.close()
    with database_file.open("r+b") as file:
        size = database_file.stat().st_size
        file.seek(size - 3 * 4096)
        file.write(b"\xff" * 3 * 4096)
    with pytest.raises((RepairError, StopError), match="damaged"):
        take_backup(database_file, tmp_path / "backups", 2, NOW)
    assert backups_in(tmp_path / "backups") == []
