"""Changing stored candles: what was and what is, in one transaction, with the books of coverage right."""

from typing import Any

import pytest

from shared.candles import store_page
from shared.candles.ledger import ledgers, refusals
from shared.candles.revisions import Change, revise, stored
from shared.database import Database
from shared.market import Candle, Interval, Series

BTC, ETH = Series("binance", "BTC/USDT", "1m"), Series("binance", "ETH/USDT", "1m")
STEP = BTC.step
CANDLES = [Candle(minute * STEP, 100.1 + minute, 110.3, 90.7, 105.9, minute / 3) for minute in (0, 1, 2, 5)]
SIX = Interval(0, 6 * STEP)


@pytest.fixture
def filled(database: Database) -> Database:
    """Minutes 0, 1, 2 and 5 of two series; 3 and 4 are confirmed empty."""
    with database.write() as connection:
        for series in (BTC, ETH):
            store_page(connection, series, CANDLES, SIX, now_us=1)
    return database


def candles(database: Database, series: Series = BTC) -> list[Candle]:
    with database.read() as connection:
        return stored(connection, series, SIX)


def counted(database: Database, series: Series = BTC) -> int:
    with database.read() as connection:
        return next(each.status.candles for each in ledgers(connection) if each.series == series)


def log(database: Database) -> list[Any]:
    query = "SELECT timestamp, old_close, new_close, source, revised_at_us FROM candle_revisions ORDER BY revision_id"
    with database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_a_candle_is_changed_added_and_removed_and_each_is_logged(filled: Database) -> None:
    other, added = CANDLES[1]._replace(close=99.5), Candle(3 * STEP, 100.0, 101.0, 99.0, 100.5, 2.0)
    changes = [Change(CANDLES[1], other), Change(None, added), Change(CANDLES[2], None)]
    with filled.write() as connection:
        assert revise(connection, BTC, changes, "verify", now_us=7) == 3
    assert candles(filled) == [CANDLES[0], other, added, CANDLES[3]]
    assert sorted(log(filled)) == [
        (STEP, 105.9, 99.5, "verify", 7),
        (2 * STEP, 105.9, None, "verify", 7),
        (3 * STEP, None, 100.5, "verify", 7),
    ]
    assert counted(filled) == 4
    assert candles(filled, ETH) == CANDLES
    assert counted(filled, ETH) == 4


def test_coverage_counts_what_comes_and_goes(filled: Database) -> None:
    with filled.write() as connection:
        revise(connection, BTC, [Change(candle, None) for candle in CANDLES[1:3]], "verify", now_us=7)
    assert (counted(filled), counted(filled, ETH)) == (2, 4)


def test_a_candle_that_somebody_else_has_changed_meanwhile_is_left_alone(filled: Database) -> None:
    seen = CANDLES[1]._replace(close=95.0)
    changes = [Change(seen, CANDLES[1]._replace(close=96.0)), Change(None, CANDLES[2]), Change(seen, None)]
    with filled.write() as connection:
        assert revise(connection, BTC, changes, "verify", now_us=7) == 0
    assert candles(filled) == CANDLES
    assert log(filled) == []


def test_nothing_of_a_change_stays_when_its_transaction_fails(filled: Database) -> None:
    def half() -> None:
        with filled.write() as connection:
            revise(connection, BTC, [Change(CANDLES[1], None)], "verify", now_us=7)
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        half()
    assert (candles(filled), log(filled), counted(filled)) == (CANDLES, [], 4)


def test_no_change_is_no_revision(filled: Database) -> None:
    with filled.write() as connection:
        assert revise(connection, BTC, [Change(CANDLES[0], CANDLES[0])], "import", now_us=7) == 0
        assert revise(connection, BTC, [], "import", now_us=7) == 0
    assert log(filled) == []


def test_the_ledger_tells_first_last_covered_and_out_of_reach(filled: Database) -> None:
    with filled.write() as connection:
        store_page(connection, BTC, [], Interval(-10 * STEP, -5 * STEP), now_us=2)
        key = "'binance', 'BTC/USDT', '1m'"
        lost = f"INSERT INTO series_unreachable VALUES ({key}, {-20 * STEP}, {-10 * STEP}, 'too old', 1)"
        connection.exec_driver_sql(lost)
        for reason, row, times in (("zero price", "a", 2), ("zero price", "b", 3), ("off the grid", "c", 1)):
            connection.exec_driver_sql(
                f"INSERT INTO quarantine VALUES ({key}, '{reason}', '{row}', 'rest', {times}, 1, 1)"
            )
    with filled.read() as connection:
        btc, eth = ledgers(connection)
        assert refusals(connection) == {BTC: {"off the grid": 1, "zero price": 5}}
    assert (btc.series, btc.first, btc.last) == (BTC, 0, 5 * STEP)
    assert btc.covered == (Interval(-10 * STEP, -5 * STEP), SIX)
    assert btc.unreachable == ((Interval(-20 * STEP, -10 * STEP), "too old"),)
    assert (eth.series, eth.unreachable) == (ETH, ())
