"""Candles out of trades: exactly what the trades say, however their pages are cut."""

from decimal import Decimal
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from shared.market import Aggregate, Candle, Trade

STEP = 60_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND


def trade(second: float, number: int, price: str = "100", amount: str = "1") -> Trade:
    return Trade(int(second * SECOND), number, Decimal(price), Decimal(amount))


def test_a_candle_opens_with_its_first_trade_and_closes_with_its_last() -> None:
    trades = [trade(1, 1, "100"), trade(2, 2, "120"), trade(3, 3, "90"), trade(59.9, 4, "110"), trade(60, 5)]
    assert Aggregate(STEP, 0).add(trades) == [Candle(0, 100.0, 120.0, 90.0, 110.0, 4.0)]


def test_trades_of_the_same_time_are_in_the_order_of_their_numbers() -> None:
    trades = [trade(1, 11, "101"), trade(1, 9, "99"), trade(1, 10, "100"), trade(60, 12)]
    (candle,) = Aggregate(STEP, 0).add(trades)
    assert (candle.open, candle.close) == (99.0, 101.0)


def test_volume_is_summed_exactly_and_becomes_a_double_once() -> None:
    (candle,) = Aggregate(STEP, 0).add([*(trade(1, number, amount="0.1") for number in range(10)), trade(60, 99)])
    assert candle.volume == 1.0
    assert sum([0.1] * 10) != 1.0


def test_where_nobody_traded_there_is_no_candle() -> None:
    aggregate = Aggregate(STEP, 0)
    assert [candle.timestamp for candle in aggregate.add([trade(1, 1), trade(200, 2), trade(301, 3)])] == [0, 3 * STEP]
    assert aggregate.known_until == 5 * STEP


def test_a_candle_is_given_out_only_when_a_later_trade_or_the_clock_has_ended_it() -> None:
    aggregate = Aggregate(STEP, 0)
    assert aggregate.add([trade(1, 1)]) == []
    assert aggregate.close(STEP - 1) == []
    assert [candle.timestamp for candle in aggregate.close(STEP)] == [0]
    assert aggregate.close(STEP) == []


def test_trades_before_the_start_make_no_half_a_candle() -> None:
    assert Aggregate(STEP, STEP).add([trade(59, 1), trade(61, 2), trade(121, 3)]) == [
        Candle(STEP, 100.0, 100.0, 100.0, 100.0, 1.0)
    ]


AMOUNTS = st.decimals("0.00000001", "99999", places=8)
TRADES = st.lists(st.tuples(st.integers(0, 600), AMOUNTS, AMOUNTS), min_size=1, max_size=60).map(
    lambda found: [
        Trade(second * SECOND, number, price, amount) for number, (second, price, amount) in enumerate(sorted(found))
    ]
)


def one_by_one(trades: list[Trade], end: int) -> list[Candle]:
    """The plain definition."""
    candles = []
    for minute, group in groupby(sorted(trades), lambda trade: trade.time_ns // MINUTE):
        held = list(group)
        prices = [float(trade.price) for trade in held]
        volume = float(sum(int(trade.amount.scaleb(8)) for trade in held) / Decimal(10**8))
        if (minute + 1) * STEP <= end:
            candles.append(Candle(minute * STEP, prices[0], max(prices), min(prices), prices[-1], volume))
    return candles


@given(TRADES, st.data())
def test_any_cut_of_the_trades_into_pages_even_overlapping_gives_the_same_candles(
    trades: list[Trade], data: st.DataObject
) -> None:
    aggregate, found, at, end = Aggregate(STEP, 0), list[Candle](), 0, 11 * STEP
    while at < len(trades):
        overlap, size = data.draw(st.integers(0, at)), data.draw(st.integers(1, len(trades)))
        found += aggregate.add(trades[at - overlap : at + size])
        at += size
    found += aggregate.close(end)
    assert found == one_by_one(trades, end)
