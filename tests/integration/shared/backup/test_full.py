"""Full backups of a database that others write at the same moment."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.backup.check import read_fulls, unpack_full, verify_all
from shared.backup.full import take_full
from shared.backup.lock import BackupsBusyError, writing_backups
from shared.backup.manifest import Full
from shared.backup.place import full_path, fulls_in
from shared.database import Database, open_database, require_current
from shared.database.schema import upgrade
from shared.database.sqlite import library
from shared.errors import RepairError, RetryError, SchemaError, StopError
from shared.store import Store
from tests.integration.console.market import BTC, CANDLES, fill_database

NOW = 1_795_228_200_123_456
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


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def rows(path: Path, query: str) -> list[Any]:
    """Read from a file, as any SQLite would."""
    with closing(library().connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        return list(connection.execute(query))


def unpacked(root: Path, full: Full, target: Path) -> Path:
    """The database in a backup."""
    unpack_full(root, full, target)
    return target


@contextmanager
def writing(database_file: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that commits all the time."""
    command = [sys.executable, "-c", WRITER, f"sqlite:///{database_file}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        try:
            yield writer
        finally:
            writer.kill()


def test_it_holds_what_is_still_in_the_wal(database: Database, database_file: Path, root: Path, archive: Path) -> None:
    fill_database(database)
    assert database_file.with_name("trading.db-wal").stat().st_size > 0
    full = take_full(database_file, root, archive, NOW)
    assert rows(unpacked(root, full, root / "restored.db"), "SELECT count(*) FROM ohlcv_data") == [(CANDLES,)]


def test_it_lies_under_its_day_and_nothing_else_is_left_there(database_file: Path, root: Path, archive: Path) -> None:
    take_full(database_file, root, archive, NOW)
    names = ["full-20261121T023000.123456Z.db.zst", "full-20261121T023000.123456Z.json"]
    assert sorted(path.name for path in (root / "2026/11/21").iterdir()) == names


def test_its_manifest_says_what_it_holds_and_how_far_it_goes(
    database: Database, database_file: Path, root: Path, archive: Path
) -> None:
    fill_database(database)
    full = take_full(database_file, root, archive, NOW)
    with closing(library().connect(database_file)) as live:
        ((stamp, timeline),) = live.execute("SELECT at_us, timeline FROM change_clock").fetchall()
        ((newest,),) = live.execute("SELECT max(change_id) FROM change_log").fetchall()
    assert (full.stamp_us, full.timeline, full.change_id, full.taken_at_us) == (stamp, timeline, newest, NOW)
    assert full.digests["ohlcv_data"].rows == CANDLES
    assert full.digests["trades"].rows == 3
    assert full.bytes == full_path(root, NOW).stat().st_size
    assert full.raw_bytes == unpacked(root, full, root / "restored.db").stat().st_size
    assert read_fulls(root) == ([full], [])


def test_its_stamp_is_that_of_its_newest_row(database_file: Path, root: Path, archive: Path) -> None:
    with writing(database_file) as writer:
        assert writer.stdout is not None
        for round_ in range(5):
            committed = int([writer.stdout.readline() for _ in range(20)][-1])
            full = take_full(database_file, root, archive, NOW + round_)
            copy = unpacked(root, full, root / f"{round_}.db")
            assert rows(copy, "PRAGMA integrity_check") == [("ok",)]
            ((candles,),) = rows(copy, "SELECT count(*) FROM ohlcv_data")
            assert candles >= committed
            assert rows(copy, "SELECT sum(candles) FROM series_coverage") == [(candles,)]
            assert rows(copy, "SELECT max(at_us) FROM change_log") == [(full.stamp_us,)]
            assert writer.poll() is None
    assert verify_all(root, root) == []


def test_the_database_in_it_can_be_opened_once_it_is_unpacked(
    database: Database, database_file: Path, root: Path, archive: Path
) -> None:
    fill_database(database)
    with Store.open(unpacked(root, take_full(database_file, root, archive, NOW), root / "restored.db")) as store:
        assert len(store.candles(BTC)) == CANDLES


def test_one_that_was_put_back_by_hand_is_written_only_after_schema_py(
    database_file: Path, root: Path, archive: Path
) -> None:
    copy = unpacked(root, take_full(database_file, root, archive, NOW), root / "restored.db")
    restored = open_database(f"sqlite:///{copy}")
    with pytest.raises(SchemaError, match=r"is not in WAL mode, as a restored backup is: run `python schema\.py`"):
        require_current(restored)
    upgrade(restored)
    require_current(restored)
    restored.close()


def test_what_ends_it_early_leaves_nothing(database_file: Path, root: Path, archive: Path) -> None:
    def interrupted() -> None:
        raise RetryError("told to stop")

    with pytest.raises(RetryError):
        take_full(database_file, root, archive, NOW, interrupted)
    assert [path.name for path in root.rglob("*") if path.is_file()] == [".lock"]


def test_a_second_at_the_same_microsecond_is_refused_and_the_first_stays(
    database_file: Path, root: Path, archive: Path
) -> None:
    take_full(database_file, root, archive, NOW)
    with pytest.raises(RetryError, match="is there already"):
        take_full(database_file, root, archive, NOW)
    assert verify_all(root, root) == []


def test_a_damaged_database_makes_no_backup(database: Database, database_file: Path, root: Path, archive: Path) -> None:
    fill_database(database)
    database.close()
    with database_file.open("r+b") as file:
        file.seek(database_file.stat().st_size - 3 * 4096)
        file.write(b"\xff" * 3 * 4096)
    with pytest.raises((RepairError, StopError), match="damaged"):
        take_full(database_file, root, archive, NOW)
    assert fulls_in(root) == []


def test_what_a_killed_one_left_goes_with_the_next(database_file: Path, root: Path, archive: Path) -> None:
    day = root / "2026/11/20"
    day.mkdir(parents=True)
    left = [day / ".full-20261120T023000.000000Z.db.zst.7.partial", day / "full-20261120T023000.000000Z.db.zst"]
    for path in left:
        path.touch()
    take_full(database_file, root, archive, NOW)
    assert not any(path.exists() for path in left)


def test_who_waits_is_told_who_writes_them(database_file: Path, root: Path, archive: Path) -> None:
    with (
        writing_backups(root),
        pytest.raises(BackupsBusyError, match=r"being written by .* \(process \d+ on .*since 20"),
    ):
        take_full(database_file, root, archive, NOW)
    take_full(database_file, root, archive, NOW)
