"""Candles leave the table only for a file that is proven to hold them, and nobody sees fewer."""

from importlib import import_module
from pathlib import Path

import pytest

from shared.archive import Month, forget, prunable, prune, restore, seal, sealable
from shared.archive.place import month_file
from shared.candles import covered, store_page, unbroken_frame
from shared.candles.ledger import ledgers
from shared.candles.months import pruned
from shared.database import Database
from shared.errors import RepairError
from shared.market import Interval, subtract
from tests.integration.shared.archive.months import (
    EMPTY,
    END,
    FEBRUARY,
    JANUARY,
    MARCH,
    SERIES,
    candles,
    counted,
    everything,
    file,
    fill,
    states,
    table,
)

NOW = 1_700_000_000_000_000
SLOT = Interval(EMPTY, EMPTY + SERIES.step)


@pytest.fixture
def sealed(filled: Database, root: Path) -> Database:
    for month in (JANUARY, FEBRUARY):
        seal(filled, root, SERIES, month, NOW)
    return filled


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("shared.archive.prune"), "_BATCH", 100)


def may_go(database: Database, before: int = END, hot_candles: int = 1) -> list[Month]:
    with database.read() as connection:
        return prunable(connection, SERIES, before, hot_candles)


def test_sealed_months_that_are_old_enough_may_leave_the_table(sealed: Database) -> None:
    assert may_go(sealed) == [JANUARY, FEBRUARY]
    assert may_go(sealed, before=FEBRUARY.end - 1) == [JANUARY]


def test_a_month_that_is_not_sealed_or_has_changed_since_stays(filled: Database, root: Path) -> None:
    assert may_go(filled) == []
    seal(filled, root, SERIES, JANUARY, NOW)
    with filled.write() as connection:
        store_page(connection, SERIES, candles(*SLOT), SLOT, now_us=2)
    assert may_go(filled) == []


def test_the_newest_candles_stay_for_traders_however_old_they_are(sealed: Database) -> None:
    march = (END - MARCH.start) // SERIES.step
    assert may_go(sealed, hot_candles=march) == [JANUARY, FEBRUARY]
    assert may_go(sealed, hot_candles=march + 1) == [JANUARY]
    assert may_go(sealed, hot_candles=10_000) == []


def test_what_a_strategy_was_measured_against_since_it_began_stays(sealed: Database) -> None:
    began = FEBRUARY.end * 1000
    with sealed.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO strategy_metadata (strategy_id, exchange, symbol, timeframe, strategy_name, config, status,"
            " reason, created_at_us, updated_at_us) VALUES ('rsi', 'binance', 'BTC/USDT', '5m', 'rsi', '{}', 'retired',"
            f" '', {began}, {began})"
        )
    assert may_go(sealed) == []
    with sealed.write() as connection:
        connection.exec_driver_sql(f"UPDATE strategy_metadata SET created_at_us = {END * 1000}")
    assert may_go(sealed) == [JANUARY]


def test_a_pruned_month_is_in_the_file_alone_and_nothing_is_missing(
    sealed: Database, root: Path, small_batches: None
) -> None:
    before, count = everything(sealed, root), counted(sealed)
    assert prune(sealed, root, SERIES, JANUARY) == 743
    assert [row for row in table(sealed) if row[0] < JANUARY.end] == []
    assert everything(sealed, root) == before
    assert counted(sealed) == count
    assert states(sealed)["2024-01"].pruned_rows == 743
    assert prune(sealed, root, SERIES, JANUARY) == 0


def test_the_ledger_still_tells_first_candle_rows_and_that_nothing_is_to_be_fetched(
    sealed: Database, root: Path
) -> None:
    with sealed.read() as connection:
        (before,) = ledgers(connection)
    prune(sealed, root, SERIES, JANUARY)
    with sealed.read() as connection:
        (after,) = ledgers(connection)
    assert (after.first, after.last, after.status.candles) == (before.first, before.last, before.status.candles)
    assert after.covered == before.covered
    assert after.pruned == 743


def test_a_trader_reads_its_window_as_before(sealed: Database, root: Path) -> None:
    with sealed.read() as connection:
        before = unbroken_frame(connection, SERIES, END - SERIES.step, 300)
    prune(sealed, root, SERIES, JANUARY)
    with sealed.read() as connection:
        after = unbroken_frame(connection, SERIES, END - SERIES.step, 300)
    assert after.timestamps.tolist() == before.timestamps.tolist()


def test_nothing_is_deleted_for_a_file_with_a_flipped_bit(sealed: Database, root: Path) -> None:
    path, before = month_file(root, SERIES, JANUARY), table(sealed)
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)
    with pytest.raises(RepairError, match=r"2024-01.parquet"):
        prune(sealed, root, SERIES, JANUARY)
    assert table(sealed) == before


def test_nothing_is_deleted_where_somebody_wrote_past_us(sealed: Database, root: Path) -> None:
    with sealed.write() as connection:
        connection.exec_driver_sql(f"UPDATE ohlcv_data SET volume = 1 WHERE timestamp = {JANUARY.start}")
    before = table(sealed)
    with pytest.raises(RepairError, match="the table holds other candles"):
        prune(sealed, root, SERIES, JANUARY)
    assert table(sealed) == before


def test_a_candle_that_comes_late_into_a_pruned_month_is_seen_at_once_and_sealed_with_the_next_run(
    sealed: Database, root: Path
) -> None:
    before, count = everything(sealed, root), counted(sealed)
    prune(sealed, root, SERIES, JANUARY)
    late = candles(*SLOT)
    with sealed.write() as connection:
        store_page(connection, SERIES, late, SLOT, now_us=2)
    expected = sorted([*before, tuple(late[0])])
    assert everything(sealed, root) == expected
    with sealed.read() as connection:
        assert sealable(connection, SERIES, END) == [JANUARY]
    seal(sealed, root, SERIES, JANUARY, NOW)
    assert everything(sealed, root) == expected
    assert [row for row in table(sealed) if row[0] < JANUARY.end] == []
    assert counted(sealed) == count + 1
    assert states(sealed)["2024-01"].pruned_rows == 744


def test_a_page_that_is_stored_again_into_a_pruned_month_doubles_nothing(sealed: Database, root: Path) -> None:
    before, count = everything(sealed, root), counted(sealed)
    prune(sealed, root, SERIES, JANUARY)
    again = [candle for candle in candles(JANUARY.start, END)[:200] if candle.timestamp != EMPTY]
    with sealed.write() as connection:
        store_page(connection, SERIES, again, Interval(JANUARY.start, again[-1].timestamp + SERIES.step), now_us=2)
    assert everything(sealed, root) == before
    seal(sealed, root, SERIES, JANUARY, NOW)
    assert everything(sealed, root) == before
    assert counted(sealed) == count


def test_a_change_in_the_middle_of_pruning_ends_it_and_the_next_run_goes_on(
    sealed: Database, root: Path, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("shared.archive.prune")
    before, note, batches = everything(sealed, root), module.note_pruned, []

    def note_and_change(*arguments: object) -> None:
        note(*arguments)
        batches.append(arguments)
        if len(batches) == 3:
            connection = arguments[0]
            store_page(connection, SERIES, candles(*SLOT), SLOT, now_us=2)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "note_pruned", note_and_change)
    assert prune(sealed, root, SERIES, JANUARY) == 300
    expected = sorted([*before, tuple(candles(*SLOT)[0])])
    assert everything(sealed, root) == expected
    assert may_go(sealed) == [FEBRUARY]
    monkeypatch.undo()
    seal(sealed, root, SERIES, JANUARY, NOW)
    assert everything(sealed, root) == expected
    prune(sealed, root, SERIES, JANUARY)
    assert everything(sealed, root) == expected
    assert counted(sealed) == len(expected)


def test_a_pruned_month_can_be_put_back(sealed: Database, root: Path, small_batches: None) -> None:
    before, count = table(sealed), counted(sealed)
    prune(sealed, root, SERIES, JANUARY)
    assert restore(sealed, root, SERIES, JANUARY) == 743
    assert table(sealed) == before
    assert counted(sealed) == count
    assert not states(sealed)["2024-01"].is_pruned
    assert states(sealed)["2024-01"].pruned_rows == 0


def test_candles_that_came_into_the_table_meanwhile_stay_when_a_month_is_put_back(sealed: Database, root: Path) -> None:
    prune(sealed, root, SERIES, JANUARY)
    first = candles(JANUARY.start, END)[0]._replace(volume=5.0)
    with sealed.write() as connection:
        store_page(connection, SERIES, [first], Interval(first.timestamp, first.timestamp + SERIES.step), now_us=2)
    assert restore(sealed, root, SERIES, JANUARY) == 742
    assert table(sealed)[0] == tuple(first)
    assert counted(sealed) == len(table(sealed))


def test_what_was_in_a_lost_file_alone_becomes_a_gap_and_is_fetched_again(sealed: Database, root: Path) -> None:
    before, count = everything(sealed, root), counted(sealed)
    prune(sealed, root, SERIES, JANUARY)
    prune(sealed, root, SERIES, FEBRUARY)
    month_file(root, SERIES, FEBRUARY).unlink()
    forget(sealed, root, SERIES, FEBRUARY)
    with sealed.read() as connection:
        assert subtract(Interval(JANUARY.start, END), covered(connection, SERIES)) == [FEBRUARY.interval]
    assert counted(sealed) == count - 29 * 24
    fill(sealed, SERIES, FEBRUARY.start, FEBRUARY.end)
    with sealed.read() as connection:
        assert subtract(Interval(JANUARY.start, END), covered(connection, SERIES)) == []
    assert counted(sealed) == count
    assert len(everything(sealed, root)) == len(before)


def test_giving_up_a_file_keeps_what_came_into_the_table_since(sealed: Database, root: Path) -> None:
    prune(sealed, root, SERIES, JANUARY)
    with sealed.write() as connection:
        store_page(connection, SERIES, candles(*SLOT), SLOT, now_us=2)
    forget(sealed, root, SERIES, JANUARY)
    with sealed.read() as connection:
        gaps = subtract(Interval(JANUARY.start, END), covered(connection, SERIES))
        assert pruned(connection, SERIES).candles == 0
    assert gaps == [Interval(JANUARY.start, EMPTY), Interval(EMPTY + SERIES.step, JANUARY.end)]
    assert counted(sealed) == len(table(sealed))


def test_a_month_that_was_never_sealed_can_not_be_put_back(filled: Database, root: Path) -> None:
    with pytest.raises(RepairError, match="2024-01 of binance BTC/USDT 1h is not sealed"):
        restore(filled, root, SERIES, JANUARY)


def test_the_file_of_a_pruned_month_is_what_the_table_was(sealed: Database, root: Path) -> None:
    before = [row for row in table(sealed) if row[0] < JANUARY.end]
    prune(sealed, root, SERIES, JANUARY)
    assert file(root, JANUARY) == before
