"""Two keepers, readers beside a writer, and disks that don't take what is written."""

import subprocess
from pathlib import Path
from threading import Event, Thread

import pyarrow.parquet as pq
import pytest

from shared.archive import ArchiveBusyError, load, prune, restore, seal, sealed, verify
from shared.archive.lock import writing_archive
from shared.archive.place import month_file
from shared.candles.revisions import Change, revise
from shared.database import Database
from shared.errors import RetryError
from shared.market import Series
from tests.integration.shared.archive.months import FEBRUARY, JANUARY, SERIES, file, fill, first_candle, states, table
from tests.integration.shared.conftest import Start

NOW = 1_700_000_000_000_000
SEAL = """
import sys
from pathlib import Path

from shared.archive import Month, seal
from shared.database import open_database
from shared.errors import ChandlerError
from shared.market import Series

database = open_database(f"sqlite:///{sys.argv[1]}")
try:
    seal(database, Path(sys.argv[2]), Series("binance", "BTC/USDT", "1h"), Month(2024, 1), 1)
except ChandlerError as error:
    print(f"{type(error).__name__}: {error}")
"""


def test_while_one_process_writes_the_archive_another_is_told_so(
    filled: Database, database_file: Path, root: Path, start: Start
) -> None:
    with writing_archive(root):
        told, complaint = start(SEAL, str(database_file), str(root)).communicate(timeout=60)
        for attempt in (prune, restore):
            with pytest.raises(ArchiveBusyError):
                attempt(filled, root, SERIES, JANUARY)
    assert told.startswith(f"ArchiveBusyError: another process writes the archive {root}"), complaint
    told, complaint = start(SEAL, str(database_file), str(root)).communicate(timeout=60)
    assert (told, complaint) == ("", "")
    assert states(filled)["2024-01"].is_fresh


def test_two_keepers_that_seal_at_once_leave_one_whole_month(
    filled: Database, database_file: Path, root: Path, start: Start
) -> None:
    both = [start(SEAL, str(database_file), str(root)) for _ in range(2)]
    told = [process.communicate(timeout=60) for process in both]
    assert all(out == "" or out.startswith("ArchiveBusyError") for out, _ in told)
    assert all(complaint == "" for _, complaint in told)
    assert verify(filled, root) == []


def test_a_reader_that_has_a_file_open_goes_on_reading_it_while_the_month_is_replaced(
    filled: Database, root: Path
) -> None:
    seal(filled, root, SERIES, JANUARY, NOW)
    with pq.ParquetFile(month_file(root, SERIES, JANUARY)) as opened:
        old = first_candle(filled)
        with filled.write() as connection:
            revise(connection, SERIES, [Change(old, old._replace(volume=1.0))], "verify", 1)
        seal(filled, root, SERIES, JANUARY, NOW)
        assert float(opened.read().column("volume")[0].as_py()) == old.volume
    assert file(root, JANUARY)[0][5] == 1.0


def test_whoever_reads_while_months_are_replaced_sees_each_time_a_whole_one(filled: Database, root: Path) -> None:
    expected = len([row for row in table(filled) if row[0] < JANUARY.end])
    seal(filled, root, SERIES, JANUARY, NOW)
    stop, seen = Event(), list[int]()

    def look() -> None:
        while not stop.is_set():
            seen.append(len(load(root, SERIES, JANUARY)["close"]))

    reader = Thread(target=look)
    reader.start()
    for _ in range(20):
        seal(filled, root, SERIES, JANUARY, NOW)
    stop.set()
    reader.join()
    assert set(seen) == {expected}


def fill_up(disk: Path) -> None:
    free = subprocess.run(["df", "--output=avail", "-B1", str(disk)], capture_output=True, text=True, check=True)
    (disk / "ballast").write_bytes(bytes(int(free.stdout.split()[1])))


def test_a_full_disk_is_a_message_and_leaves_no_half_written_month(filled: Database, small_disk: Path) -> None:
    root = small_disk / "archive"
    fill_up(small_disk)
    with pytest.raises(RetryError, match=r"No space left.*free some disk.*stay in the database"):
        seal(filled, root, SERIES, JANUARY, NOW)
    assert sealed(root, SERIES) == []
    assert [path for path in root.rglob("*") if path.is_file() and path.name != ".lock"] == []
    (small_disk / "ballast").unlink()
    seal(filled, root, SERIES, JANUARY, NOW)
    assert verify(filled, root) == []


def test_a_disk_that_fills_up_while_a_month_is_written_anew_leaves_the_one_before(
    filled: Database, small_disk: Path
) -> None:
    root = small_disk / "archive"
    seal(filled, root, SERIES, JANUARY, NOW)
    before = month_file(root, SERIES, JANUARY).read_bytes()
    fill_up(small_disk)
    with pytest.raises(RetryError, match="No space left"):
        seal(filled, root, SERIES, JANUARY, NOW)
    assert month_file(root, SERIES, JANUARY).read_bytes() == before
    assert verify(filled, root) == []


def test_a_directory_that_can_not_be_written_is_a_message(
    filled: Database, database_file: Path, root: Path, start: Start, bound_by_permissions: tuple[str, ...]
) -> None:
    root.mkdir()
    root.chmod(0o500)
    told, complaint = start(SEAL, str(database_file), str(root), before=bound_by_permissions).communicate(timeout=60)
    root.chmod(0o700)
    assert told.startswith(f"StopError: can't write the archive {root}: Permission denied; see paths.archive"), (
        complaint
    )


@pytest.mark.parametrize(
    ("symbol", "place"),
    [
        ("BTC/USDT:USDT", "swap/BTC_USDT%3AUSDT"),
        ("BTC/USDT:USDT-240329", "future/BTC_USDT%3AUSDT-240329"),
        ("1000_PEPE/USD T", "spot/1000%5FPEPE_USD%20T"),
        ("../ETC", "spot/%2E._ETC"),
        ("币安/USDT", "spot/%E5%B8%81%E5%AE%89_USDT"),
    ],
)
def test_any_symbol_can_be_sealed_and_read(symbol: str, place: str, database: Database, root: Path) -> None:
    series = Series("binance", symbol, "1h")
    fill(database, series, FEBRUARY.start, FEBRUARY.end)
    seal(database, root, series, FEBRUARY, NOW)
    assert month_file(root, series, FEBRUARY) == root / "binance" / place / "1h" / "2024-02.parquet"
    assert file(root, FEBRUARY, series) == table(database, series)
    assert verify(database, root) == []
