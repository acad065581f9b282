from decimal import Decimal

import numpy as np
import pytest

from simulator.market.candles import aggregate
from simulator.market.instrument import Instrument, instrument
from simulator.market.market import Market
from simulator.market.timeframe import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, TIMEFRAMES


def test_the_forming_candle_is_what_its_seconds_have_made_so_far(market: Market, midnight_ms: int) -> None:
    now_ms = midnight_ms + 7 * MINUTE_MS + 23_400
    seconds = market.fine(midnight_ms + 5 * MINUTE_MS, midnight_ms + 7 * MINUTE_MS + 23_000)
    forming = market.forming(TIMEFRAMES["5m"], now_ms)
    assert forming.timestamp.tolist() == [midnight_ms + 5 * MINUTE_MS]
    assert forming.open[0] == seconds.open[0]
    assert forming.close[0] == seconds.close[-1]
    assert (forming.high[0], forming.low[0]) == (seconds.high.max(), seconds.low.min())
    assert forming.volume[0] == seconds.volume.sum()


def test_a_candle_that_has_just_begun_has_its_open_and_no_volume(market: Market, midnight_ms: int) -> None:
    [row] = zip(*market.forming(MINUTE_MS, midnight_ms + 300).columns(), strict=True)
    assert row[0] == midnight_ms
    assert (
        row[1] == row[2] == row[3] == row[4] == market.closed(MINUTE_MS, midnight_ms, midnight_ms + MINUTE_MS).open[0]
    )
    assert row[5] == 0


def test_nothing_exists_before_the_bounds_of_the_past(market: Market, midnight_ms: int) -> None:
    assert market.closed(MINUTE_MS, 0, midnight_ms).timestamp[0] == midnight_ms - 30 * DAY_MS
    assert market.closed(SECOND_MS, 0, midnight_ms).timestamp[0] == midnight_ms - 2 * DAY_MS


def test_an_outage_takes_candles_away_and_cuts_those_at_its_edges(market: Market, midnight_ms: int) -> None:
    start_ms, end_ms = midnight_ms + 90_000, midnight_ms + 5 * MINUTE_MS
    whole = market.closed(MINUTE_MS, midnight_ms, midnight_ms + 10 * MINUTE_MS)
    market.outage(start_ms, end_ms)
    minutes = market.closed(MINUTE_MS, midnight_ms, midnight_ms + 10 * MINUTE_MS)
    assert ((minutes.timestamp - midnight_ms) // MINUTE_MS).tolist() == [0, 1, 5, 6, 7, 8, 9]
    assert minutes.volume[1] == market.fine(midnight_ms + MINUTE_MS, start_ms).volume.sum() < whole.volume[1]
    assert not len(market.closed(SECOND_MS, start_ms, end_ms))


@pytest.mark.parametrize("timeframe", ["3m", "15m", "1h", "4h", "1d"])
def test_a_longer_timeframe_aggregates_the_minutes_also_around_an_outage(
    market: Market, midnight_ms: int, timeframe: str
) -> None:
    market.outage(midnight_ms - 5 * HOUR_MS + 1_000, midnight_ms - 3 * HOUR_MS)
    stretch = (midnight_ms - DAY_MS, midnight_ms)
    longer = market.closed(TIMEFRAMES[timeframe], *stretch)
    expected = aggregate(market.closed(MINUTE_MS, *stretch), TIMEFRAMES[timeframe])
    assert all(np.array_equal(a, b) for a, b in zip(longer.columns(), expected.columns(), strict=True))


def test_there_is_no_forming_candle_in_an_outage(market: Market, midnight_ms: int) -> None:
    market.outage(midnight_ms, midnight_ms + HOUR_MS)
    assert not len(market.forming(MINUTE_MS, midnight_ms + 90_500))


def test_the_book_stands_around_the_last_price_in_whole_ticks(market: Market, midnight_ms: int) -> None:
    quote = market.quote(midnight_ms)
    last = Decimal(market.digits.price(market.source.price(midnight_ms)))
    assert quote.bid < last < quote.ask
    assert quote.bid % market.traded.tick == quote.ask % market.traded.tick == 0


def test_an_unknown_symbol_gets_its_price_from_the_seed() -> None:
    assert instrument("NEW/USDT", 1) == instrument("NEW/USDT", 1) != instrument("NEW/USDT", 2)


@pytest.mark.parametrize("pair", ["BTCUSDT", "", "BTC/", "/USDT", "B-C/USDT"])
def test_a_symbol_not_written_base_slash_quote_is_refused(pair: str) -> None:
    with pytest.raises(ValueError, match="BASE/QUOTE"):
        instrument(pair, 1)


def test_an_instrument_whose_quote_amounts_need_more_than_eight_decimals_is_refused() -> None:
    with pytest.raises(ValueError, match="impossible instrument"):
        Instrument("A", "B", Decimal(1), price_digits=5, lot_digits=4)
