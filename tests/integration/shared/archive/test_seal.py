"""A month that is complete becomes a file that holds its candles to the bit."""

import json
from importlib import import_module
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from shared.archive import COLUMNS, Month, load, seal, sealable, sealed
from shared.archive.place import manifest_file, month_file
from shared.candles import note_unreachable, store_page
from shared.candles.revisions import Change, revise
from shared.database import Database
from shared.errors import RepairError
from shared.market import Candle, Interval, Series
from tests.integration.shared.archive.months import (
    EMPTY,
    END,
    FEBRUARY,
    JANUARY,
    MARCH,
    SERIES,
    candles,
    everything,
    file,
    fill,
    first_candle,
    states,
    table,
)

NOW = 1_700_000_000_000_000


def months(database: Database, now: int = END) -> list[Month]:
    with database.read() as connection:
        return sealable(connection, SERIES, now)


def of(month: Month, rows: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    return [row for row in rows if month.start <= row[0] < month.end]


def test_the_months_that_have_ended_and_are_covered_can_be_sealed(filled: Database) -> None:
    assert months(filled) == [JANUARY, FEBRUARY]


def test_a_month_that_has_just_ended_waits_until_the_exchange_has_settled(filled: Database) -> None:
    assert months(filled, now=FEBRUARY.end - 1) == [JANUARY]
    assert months(filled, now=FEBRUARY.end) == [JANUARY, FEBRUARY]


def test_a_month_with_a_gap_is_not_sealed_until_the_gap_is_fetched(database: Database, root: Path) -> None:
    fill(database, SERIES, JANUARY.start, FEBRUARY.start + 3_600_000)
    fill(database, SERIES, FEBRUARY.start + 2 * 3_600_000, END)
    assert months(database) == [JANUARY]
    with pytest.raises(RepairError, match=r"2024-02 of binance BTC/USDT 1h can't be sealed: 1 gap"):
        seal(database, root, SERIES, FEBRUARY, NOW)
    assert not month_file(root, SERIES, FEBRUARY).exists()


def test_a_series_that_was_listed_within_the_month_is_sealed_and_the_manifest_says_from_when(
    database: Database, root: Path
) -> None:
    listed = JANUARY.start + 10 * 86_400_000
    fill(database, SERIES, listed)
    with database.write() as connection:
        before = Interval(JANUARY.start - 10**9, listed)
        note_unreachable(connection, SERIES, before, "not listed before", known=[], now_us=1)
    assert months(database) == [JANUARY, FEBRUARY]
    manifest = seal(database, root, SERIES, JANUARY, NOW)
    assert manifest.coverage == ((listed, JANUARY.end),)
    assert [(part.start, part.end, part.reason) for part in manifest.unreachable] == [
        (JANUARY.start, listed, "not listed before")
    ]


def test_what_can_not_be_had_at_all_is_no_month(database: Database) -> None:
    fill(database, SERIES, FEBRUARY.start)
    with database.write() as connection:
        note_unreachable(connection, SERIES, JANUARY.interval, "too old", known=[], now_us=1)
    assert months(database) == [FEBRUARY]


def test_a_sealed_month_holds_the_rows_of_the_table_to_the_bit(filled: Database, root: Path) -> None:
    seal(filled, root, SERIES, JANUARY, NOW)
    assert file(root, JANUARY) == of(JANUARY, table(filled))
    assert len(file(root, JANUARY)) == 31 * 24 - 1
    assert months(filled) == [FEBRUARY]


def test_a_month_in_which_nothing_was_traded_is_a_file_without_rows(database: Database, root: Path) -> None:
    with database.write() as connection:
        store_page(connection, SERIES, [], JANUARY.interval, now_us=1)
    manifest = seal(database, root, SERIES, JANUARY, NOW)
    assert (manifest.rows, manifest.first, manifest.last) == (0, None, None)
    assert file(root, JANUARY) == []


def test_the_manifest_says_what_the_file_holds_and_from_where(filled: Database, root: Path) -> None:
    manifest = seal(filled, root, SERIES, JANUARY, NOW)
    told = json.loads(manifest_file(month_file(root, SERIES, JANUARY)).read_text(encoding="utf-8"))
    assert told["schema_version"] == 1
    assert (told["exchange"], told["symbol"], told["timeframe"], told["month"]) == (*SERIES.key, "2024-01")
    assert (told["rows"], told["first"], told["last"]) == (743, JANUARY.start, JANUARY.end - SERIES.step)
    assert told["coverage"] == [[JANUARY.start, JANUARY.end]]
    assert (told["source"], told["sealed_at_us"], told["revision"]) == ("ohlcv_data", NOW, 0)
    assert told["encoding"] == {"open": 2, "high": 2, "low": 2, "close": 2, "volume": 6}
    assert sealed(root, SERIES) == [manifest]


def test_statistics_are_kept_for_readers_that_skip_what_they_do_not_need(filled: Database, root: Path) -> None:
    seal(filled, root, SERIES, JANUARY, NOW)
    group = pq.ParquetFile(month_file(root, SERIES, JANUARY)).metadata.row_group(0)
    times = group.column(0).statistics
    assert int(times.min.timestamp() * 1000) == JANUARY.start
    assert all(group.column(place).statistics.has_min_max for place in range(6))
    assert group.column(4).compression == "ZSTD"


def test_any_tool_reads_right_values_from_the_file(filled: Database, root: Path) -> None:
    import polars as pl

    seal(filled, root, SERIES, JANUARY, NOW)
    frame = pl.read_parquet(month_file(root, SERIES, JANUARY)).with_columns(pl.col("close").cast(pl.Float64))
    assert frame["close"].to_list() == [row[4] for row in of(JANUARY, table(filled))]


def test_only_the_columns_that_are_asked_for_are_read(filled: Database, root: Path) -> None:
    seal(filled, root, SERIES, JANUARY, NOW)
    assert list(load(root, SERIES, JANUARY, ("timestamp", "close"))) == ["timestamp", "close"]


def test_sealing_twice_changes_nothing(filled: Database, root: Path) -> None:
    first = seal(filled, root, SERIES, JANUARY, NOW)
    again = seal(filled, root, SERIES, JANUARY, NOW)
    assert again == first
    assert file(root, JANUARY) == of(JANUARY, table(filled))


def test_a_revised_candle_has_its_month_sealed_anew(filled: Database, root: Path) -> None:
    seal(filled, root, SERIES, JANUARY, NOW)
    old = first_candle(filled, 5)
    new = old._replace(close=old.high)
    with filled.write() as connection:
        assert revise(connection, SERIES, [Change(old, new)], "verify", 2) == 1
    assert not states(filled)["2024-01"].is_fresh
    assert months(filled) == [JANUARY, FEBRUARY]
    assert seal(filled, root, SERIES, JANUARY, NOW).revision == 1
    assert file(root, JANUARY)[5] == new
    assert months(filled) == [FEBRUARY]


def test_a_candle_that_came_late_has_its_month_sealed_anew(filled: Database, root: Path) -> None:
    seal(filled, root, SERIES, JANUARY, NOW)
    late = candles(EMPTY, EMPTY + SERIES.step)
    with filled.write() as connection:
        store_page(connection, SERIES, late, Interval(EMPTY, EMPTY + SERIES.step), now_us=2)
    assert months(filled) == [JANUARY, FEBRUARY]
    assert tuple(late[0]) in everything(filled, root)
    seal(filled, root, SERIES, JANUARY, NOW)
    assert file(root, JANUARY) == of(JANUARY, table(filled))


def test_what_comes_while_a_month_is_being_written_is_not_taken_for_sealed(
    filled: Database, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("shared.archive.seal")  # the package calls the function so, too
    put, late = module.put_manifest, candles(EMPTY, EMPTY + SERIES.step)

    def put_late(draft: Path, path: Path) -> None:
        with filled.write() as connection:
            store_page(connection, SERIES, late, Interval(EMPTY, EMPTY + SERIES.step), now_us=2)
        put(draft, path)

    monkeypatch.setattr(module, "put_manifest", put_late)
    seal(filled, root, SERIES, JANUARY, NOW)
    monkeypatch.undo()
    assert not states(filled)["2024-01"].is_fresh
    assert months(filled) == [JANUARY, FEBRUARY]
    seal(filled, root, SERIES, JANUARY, NOW)
    assert file(root, JANUARY) == of(JANUARY, table(filled))


def test_new_candles_at_the_live_edge_leave_sealed_months_alone(filled: Database, root: Path) -> None:
    seal(filled, root, SERIES, FEBRUARY, NOW)
    fill(filled, SERIES, END, MARCH.end)
    assert states(filled)["2024-02"].is_fresh
    assert months(filled, now=MARCH.end) == [JANUARY, MARCH]


REAL = Path(__file__).parents[4].parent / "shared/data/binance_BTC-USDT_1m_2019-05.parquet"


@pytest.mark.skipif(not REAL.is_file(), reason="the real candles are not at hand")
def test_a_real_month_comes_back_to_the_bit_in_two_fifths_of_its_size(database: Database, root: Path) -> None:
    series, month, columns = Series("binance", "BTC/USDT", "1m"), Month(2019, 5), pq.read_table(REAL).to_pydict()
    rows = list(map(Candle._make, zip(*(columns[name] for name in COLUMNS), strict=True)))
    with database.write() as connection:
        store_page(connection, series, rows, month.interval, now_us=1)
    manifest = seal(database, root, series, month, NOW)
    assert file(root, month, series) == rows
    assert manifest.encoding == {"open": 2, "high": 2, "low": 2, "close": 2, "volume": 6}
    assert manifest.bytes < 0.45 * REAL.stat().st_size
