"""What the store gives back: frames, watermarks, statuses, markets and tickers."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from sqlalchemy.exc import IntegrityError

from shared.candles import (
    frame,
    latest_ticker,
    mark,
    market,
    minute_volume,
    opens_after,
    save_markets,
    save_tickers,
    series_statuses,
    store_page,
    tickers_since,
    unbroken_frame,
    watermark,
)
from shared.database import Database
from shared.market import Candle, Interval, Market, Series, Ticker

BTC = Series("binance", "BTC/USDT", "1m")
ETH = Series("binance", "ETH/USDT", "1m")
STEP = BTC.step
CANDLES = [Candle(minute * STEP, 100.1 + minute, 110.3, 90.7, 105.9, minute / 3) for minute in (0, 1, 2, 5)]
RULES = Market(
    "binance", "BTC/USDT", Decimal("0.00001"), Decimal("0.01"), Decimal(5), Decimal("0.001"), Decimal("0.001")
)
PRICES = Ticker("binance", "BTC/USDT", 1_000, Decimal("99.99"), Decimal("100.01"), Decimal("100.00"), received_at_us=50)


@pytest.fixture
def filled(database: Database) -> Database:
    """Minutes 0, 1, 2 and 5 of BTC/USDT; 3 and 4 are confirmed empty."""
    with database.write() as connection:
        store_page(connection, BTC, CANDLES, Interval(0, 6 * STEP), now_us=1)
    return database


def test_a_frame_holds_the_newest_candles_up_to_a_time_every_double_unchanged(filled: Database) -> None:
    with filled.read() as connection:
        seen = frame(connection, BTC, until=2 * STEP, count=2)
    assert seen.timestamps.tolist() == [STEP, 2 * STEP]
    assert seen.open.tolist() == [101.1, 102.1]
    assert seen.volume.tolist() == [1 / 3, 2 / 3]
    assert seen.timestamps.dtype == np.int64
    assert seen.close.dtype == np.float64


def test_a_gap_is_not_filled_with_made_up_candles(filled: Database) -> None:
    with filled.read() as connection:
        assert frame(connection, BTC, until=9 * STEP, count=10).timestamps.tolist() == [c.timestamp for c in CANDLES]


def test_an_unbroken_frame_ends_at_a_gap_of_coverage_but_not_at_confirmed_silence(filled: Database) -> None:
    later = [Candle(at * STEP, 1.0, 1.0, 1.0, 1.0, 1.0) for at in (8, 9)]
    with filled.write() as connection:
        store_page(connection, BTC, later, Interval(8 * STEP, 10 * STEP), now_us=2)
    with filled.read() as connection:
        assert unbroken_frame(connection, BTC, 9 * STEP, count=10).timestamps.tolist() == [8 * STEP, 9 * STEP]
        assert unbroken_frame(connection, BTC, 5 * STEP, count=3).timestamps.tolist() == [STEP, 2 * STEP, 5 * STEP]
        assert len(unbroken_frame(connection, BTC, 7 * STEP, count=10)) == 0


def test_a_frame_of_an_unknown_series_is_empty(filled: Database) -> None:
    with filled.read() as connection:
        assert len(frame(connection, ETH, until=9 * STEP, count=10)) == 0


def test_the_candles_a_strategy_has_not_seen_yet_come_in_order(filled: Database) -> None:
    with filled.read() as connection:
        assert opens_after(connection, BTC, STEP, count=10) == [2 * STEP, 5 * STEP]
        assert opens_after(connection, BTC, 0, count=2) == [2 * STEP, 5 * STEP]
        assert opens_after(connection, BTC, 5 * STEP, count=10) == []
        assert watermark(connection, BTC) == 5 * STEP
        assert watermark(connection, ETH) is None


def test_the_status_of_every_series_is_told_without_reading_a_candle(filled: Database) -> None:
    with filled.write() as connection:
        store_page(connection, BTC, [], Interval(8 * STEP, 9 * STEP), now_us=2, refused=3)
        store_page(connection, BTC, [], Interval(9 * STEP, 10 * STEP), now_us=2, refused=2)
        mark(connection, ETH, "stopped", "binance has no market ETH/USDT", now_us=2)
    with filled.read() as connection:
        btc, eth = series_statuses(connection)
    assert (btc.series, btc.status, btc.watermark, btc.first) == (BTC, "collecting", 5 * STEP, 0)
    assert (btc.candles, btc.intervals, btc.refused) == (4, 2, 5)
    assert (eth.series, eth.status, eth.reason) == (ETH, "stopped", "binance has no market ETH/USDT")
    assert (eth.watermark, eth.first, eth.candles, eth.intervals) == (None, None, 0, 0)


def test_a_series_that_stopped_keeps_its_watermark_and_collects_again_with_its_next_page(filled: Database) -> None:
    with filled.write() as connection:
        mark(connection, BTC, "stopped", "delisted", now_us=2)
    with filled.read() as connection:
        (btc,) = series_statuses(connection)
        assert (btc.status, btc.reason, btc.watermark) == ("stopped", "delisted", 5 * STEP)
    with filled.write() as connection:
        store_page(connection, BTC, [], Interval(6 * STEP, 7 * STEP), now_us=3)
    with filled.read() as connection:
        (btc,) = series_statuses(connection)
        assert (btc.status, btc.reason) == ("collecting", "")


def test_a_status_that_does_not_exist_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError, match="ck_series_status_status"), database.write() as connection:
        mark(connection, BTC, "asleep", "", now_us=1)


def test_the_rules_of_a_market_come_back_exactly_and_are_refreshed(database: Database) -> None:
    dearer = replace(RULES, taker_fee=Decimal("0.00123456789012345678"))
    bound = replace(RULES, minimum_amount=Decimal("0.001"), maximum_amount=Decimal(9_000), fee_side="received")
    for rules in (RULES, dearer, bound, RULES):
        with database.write() as connection:
            save_markets(connection, [rules], now_us=1)
        with database.read() as connection:
            assert market(connection, "binance", "BTC/USDT") == rules
    with database.read() as connection:
        assert market(connection, "binance", "DOGE/USDT") is None


def test_the_tickers_an_order_meets_are_those_received_after_it(database: Database) -> None:
    later = replace(PRICES, timestamp=2_000, received_at_us=60, last=Decimal("100.000000000000000001"))
    with database.write() as connection:
        save_tickers(connection, [later, PRICES])
        save_tickers(connection, [])
    with database.read() as connection:
        assert tickers_since(connection, "binance", "BTC/USDT", after_us=49, now_us=60) == [PRICES, later]
        assert tickers_since(connection, "binance", "BTC/USDT", after_us=50, now_us=60) == [later]
        assert tickers_since(connection, "binance", "BTC/USDT", after_us=60, now_us=60) == []
        assert latest_ticker(connection, "binance", "BTC/USDT") == later
        assert latest_ticker(connection, "binance", "ETH/USDT") is None


def test_a_ticker_with_the_same_exchange_time_is_the_same_ticker(database: Database) -> None:
    with database.write() as connection:
        save_tickers(connection, [PRICES, replace(PRICES, received_at_us=70, last=Decimal(1))])
    with database.read() as connection:
        assert latest_ticker(connection, "binance", "BTC/USDT") == PRICES


def received(at: int, received_at_us: int) -> Ticker:
    """A ticker of the exchange's time `at` (ms) that came when our clock showed so much."""
    return replace(PRICES, timestamp=at, received_at_us=received_at_us)


def test_tickers_from_before_our_clock_was_set_back_are_not_met_again(database: Database) -> None:
    before = [received(1, 50), received(2, 90), received(3, 100)]
    after = [received(4, 52), received(5, 60)]

    def since(after_us: int, now_us: int) -> list[Ticker]:
        with database.read() as connection:
            return tickers_since(connection, "binance", "BTC/USDT", after_us, now_us)

    with database.write() as connection:
        save_tickers(connection, before)
    assert since(40, now_us=51) == []
    with database.write() as connection:
        save_tickers(connection, after)
    assert since(40, now_us=61) == after
    assert since(55, now_us=61) == after[1:]
    assert since(60, now_us=99) == []
    with database.read() as connection:
        assert latest_ticker(connection, "binance", "BTC/USDT") == after[-1]


def volume(database: Database, at: int, symbol: str = "BTC/USDT") -> float | None:
    with database.read() as connection:
        return minute_volume(connection, "binance", symbol, at)


def test_a_minutes_volume_is_that_of_the_newest_minute_that_was_closed_and_saw_a_trade(filled: Database) -> None:
    # the candles of minutes 0, 1, 2 and 5 hold 0, 1/3, 2/3 and 5/3
    assert volume(filled, 6 * STEP) == pytest.approx(5 / 3)
    assert volume(filled, 6 * STEP - 1) == pytest.approx(2 / 3)
    assert volume(filled, 65 * STEP) == pytest.approx(5 / 3)


def test_a_volume_of_more_than_an_hour_ago_is_not_known_any_more(filled: Database) -> None:
    assert volume(filled, 66 * STEP) is None
    assert volume(filled, STEP) is None
    assert volume(filled, 6 * STEP, "ETH/USDT") is None


def test_the_shortest_candles_tell_and_of_longer_ones_a_minutes_part(database: Database) -> None:
    second, five = Series("binance", "BTC/USDT", "1s"), Series("binance", "BTC/USDT", "5m")
    with database.write() as connection:
        page = [Candle(0, 1, 1, 1, 1, 20.0)]
        store_page(connection, five, page, Interval(0, 300_000), now_us=1)
    assert volume(database, 300_000) == pytest.approx(4.0)
    seconds = [Candle(at * 1_000, 1, 1, 1, 1, 0.5) for at in range(200, 290)]
    with database.write() as connection:
        store_page(connection, second, seconds, Interval(200_000, 300_000), now_us=1)
    assert volume(database, 300_000) == pytest.approx(30.0)
    assert volume(database, 230_000) == pytest.approx(15.0)
