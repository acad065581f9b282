from collections.abc import Iterator
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.market.candles import aggregate
from simulator.market.instrument import instrument
from simulator.market.market import Market
from simulator.market.rendering import FixedPoint
from simulator.market.tape import newest_trades, trades_after
from simulator.market.timeframe import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from simulator.market.trades import A_MINUTE, NS, Traded
from simulator.market.walk import Walk

MIDNIGHT = 1_795_219_200_000
Row = tuple[int, int, int, int, bool]
Bar = tuple[int, int, int, int, int, int]


def traded(share: float = 1.0, since_ms: int = MIDNIGHT - 30 * DAY_MS) -> Traded:
    return Traded(Walk(instrument("ADA/USD", 7), 7, since_ms, since_ms), share)


def market(share: float = 1.0) -> Market:
    one = instrument("ADA/USD", 7)
    return Market(one, traded(share), FixedPoint(one))


def bars(rows: list[Row], length_ms: int) -> Iterator[Bar]:
    """Trades as candles, by the rule: first, highest, lowest and last price, and the sum of the volumes."""
    for begin, group in groupby(rows, lambda row: row[1] // NS // length_ms * length_ms):
        inside = list(group)
        prices = [row[2] for row in inside]
        yield begin, prices[0], max(prices), min(prices), prices[-1], sum(row[3] for row in inside)


@given(start=st.integers(0, 40_000), minutes=st.integers(1, 90), share=st.sampled_from([1.0, 0.3]))
def test_the_trades_of_a_minute_make_its_candle_exactly(start: int, minutes: int, share: float) -> None:
    source, start_ms = traded(share), MIDNIGHT - 30 * DAY_MS + start * MINUTE_MS
    end_ms = start_ms + minutes * MINUTE_MS
    candles = source.base(start_ms, end_ms)
    made = list(bars(source.trades(start_ms, end_ms).rows(), MINUTE_MS))
    assert made == list(zip(*(column.tolist() for column in candles.columns()), strict=True))


def test_the_seconds_are_those_in_which_something_traded() -> None:
    source = traded()
    seconds = source.fine(MIDNIGHT, MIDNIGHT + HOUR_MS)
    made = list(bars(source.trades(MIDNIGHT, MIDNIGHT + HOUR_MS).rows(), SECOND_MS))
    assert list(zip(*(column.tolist() for column in seconds.columns()), strict=True)) == made
    whole = aggregate(seconds, MINUTE_MS).columns(), source.base(MIDNIGHT, MIDNIGHT + HOUR_MS).columns()
    assert all(np.array_equal(a, b) for a, b in zip(*whole, strict=True))


def test_trades_have_distinct_times_rising_numbers_and_a_lot_at_least() -> None:
    found = traded().trades(MIDNIGHT, MIDNIGHT + DAY_MS)
    assert len(found) == A_MINUTE * 1440
    assert (np.diff(found.time_ns) > 0).all()
    assert (np.diff(found.number) > 0).all()
    assert found.lots.min() >= 1
    assert 0.4 < found.is_buy.mean() < 0.6


def test_some_trades_follow_each_other_within_a_tenth_of_a_millisecond() -> None:
    shown = traded().trades(MIDNIGHT, MIDNIGHT + HOUR_MS).time_ns // 100_000
    assert (np.diff(shown) == 0).any()


def test_a_thin_market_trades_in_its_share_of_the_minutes() -> None:
    minutes = traded(0.3).base(MIDNIGHT, MIDNIGHT + DAY_MS)
    assert 0.25 * 1440 < len(minutes) < 0.35 * 1440


def test_the_last_price_of_a_thin_market_is_that_of_its_last_trade() -> None:
    source = traded(0.02)
    at = MIDNIGHT + 17 * MINUTE_MS
    assert source.price(at) == source.trades(MIDNIGHT - DAY_MS, at).price[-1]


def test_nothing_was_traded_before_the_beginning() -> None:
    source = traded(since_ms=MIDNIGHT)
    assert source.trades(MIDNIGHT - DAY_MS, MIDNIGHT + MINUTE_MS).time_ns[0] >= MIDNIGHT * NS


@pytest.mark.parametrize("share", [1.0, 0.05])
def test_pages_of_trades_follow_each_other_without_loss_or_doubling(share: float) -> None:
    one = market(share)
    since_ns, now_ms, found = (MIDNIGHT - DAY_MS) * NS, MIDNIGHT - DAY_MS + 6 * HOUR_MS, []
    while len(page := trades_after(one, since_ns, 100, now_ms)):
        found += page.rows()
        since_ns = int(page.time_ns[-1])
    assert found == traded(share).trades(MIDNIGHT - DAY_MS, now_ms).rows()


def test_the_newest_trades_end_before_now() -> None:
    one = market(0.1)
    found = newest_trades(one, 50, MIDNIGHT)
    assert len(found) == 50
    assert found.rows() == traded(0.1).trades(MIDNIGHT - DAY_MS, MIDNIGHT).rows()[-50:]


def test_an_outage_has_no_trades_and_the_candle_it_cuts_is_made_of_the_rest() -> None:
    one = market()
    one.outage(MIDNIGHT - HOUR_MS + 20_000, MIDNIGHT - HOUR_MS + 5 * MINUTE_MS)
    rows = trades_after(one, (MIDNIGHT - HOUR_MS) * NS, 100, MIDNIGHT - HOUR_MS + 7 * MINUTE_MS).rows()
    candles = one.closed(MINUTE_MS, MIDNIGHT - HOUR_MS, MIDNIGHT - HOUR_MS + 7 * MINUTE_MS)
    assert list(bars(rows, MINUTE_MS)) == list(zip(*(c.tolist() for c in candles.columns()), strict=True))
    assert candles.timestamp.tolist() == [MIDNIGHT - HOUR_MS + minute * MINUTE_MS for minute in (0, 5, 6)]


def test_the_running_candle_has_only_what_was_traded_until_now() -> None:
    one, now_ms = market(), MIDNIGHT + 31_500
    rows = traded().trades(MIDNIGHT, MIDNIGHT + 31_000).rows()
    running = one.forming(MINUTE_MS, now_ms)
    assert [tuple(int(column[0]) for column in running.columns())] == list(bars(rows, MINUTE_MS))
    assert one.forming(MINUTE_MS, now_ms).close[0] == running.close[0]
