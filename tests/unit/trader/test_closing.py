"""When a position is closed without asking the strategy."""

from decimal import Decimal as D

import pytest

from shared.config import RiskSettings
from shared.market import Market, Series, Ticker
from shared.trading import (
    Books,
    Kind,
    Lease,
    OpenOrder,
    Order,
    Position,
    Protection,
    Report,
    Side,
    StateRow,
    Status,
)
from trader.closing import closing_order, is_tradable, reached, remainder
from trader.running import Running, minding
from trader.situation import Situation

SECOND = 1_000_000
NOW = 100 * SECOND
MARKET = Market("binance", "BTC/USDT", D("0.001"), D("0.01"), D(5), D("0.001"), D("0.001"), minimum_amount=D("0.002"))
HELD = Position(amount=D("0.0999"), cost=D("9.99"))
PROTECTION = Protection("one", "binance", "BTC/USDT", 60_000, stop_price=D(90), take_profit=D(120))


def ticker(bid: str) -> Ticker:
    return Ticker("binance", "BTC/USDT", 1, D(bid), D(bid) + 1, D(bid), 1)


def running() -> Running:
    return minding(Lease("one", "me", 1, 1, "boot"), Series("binance", "BTC/USDT", "1m"), 2_000)


def situation(bid: str = "89", position: Position = HELD, *waiting: OpenOrder) -> Situation:
    return Situation(
        books=Books(D(1000), position),
        market=MARKET,
        ticker=ticker(bid),
        price=None,
        costs=D(0),
        waiting=waiting,
        state=StateRow("one"),
        limits=RiskSettings(),
        desk=RiskSettings(),
        objection=None,
        now_us=NOW,
    )


def order(leg: str, side: Side = Side.SELL, attempt: int = 1) -> Order:
    return Order("x", "one", 60_000, leg, attempt, "binance", "BTC/USDT", side, D("0.09"), 1)  # type: ignore[arg-type]


@pytest.mark.parametrize(("bid", "leg"), [("90", "stop"), ("90.01", None), ("119.99", None), ("120", "target")])
def test_stop_and_target_are_reached_by_what_could_be_had_for_it(bid: str, leg: str | None) -> None:
    assert reached(PROTECTION, ticker(bid)) == leg


def test_a_reached_stop_sells_what_can_be_sold_at_the_market() -> None:
    closing = closing_order(running(), situation(), PROTECTION, {}, flatten=None)
    assert closing is not None
    assert (closing.leg, closing.side, closing.amount, closing.kind) == ("stop", Side.SELL, D("0.099"), Kind.MARKET)
    assert (closing.candle, closing.attempt) == (60_000, 1)


def test_a_short_position_is_bought_back() -> None:
    closing = closing_order(running(), situation("100", Position(D("-0.05"), D(-5))), None, {}, flatten=60_000)
    assert closing is not None
    assert (closing.leg, closing.side, closing.amount) == ("flatten", Side.BUY, D("0.05"))


def test_the_operators_wish_comes_before_stop_and_target() -> None:
    closing = closing_order(running(), situation(), PROTECTION, {}, flatten=120_000)
    assert closing is not None
    assert (closing.leg, closing.candle) == ("flatten", 120_000)


def test_nothing_is_closed_twice_but_a_resting_entry_is_no_obstacle() -> None:
    exit_waits, entry_waits = OpenOrder(order("exit")), OpenOrder(order("entry", Side.BUY))
    assert closing_order(running(), situation("89", HELD, exit_waits), PROTECTION, {}, flatten=None) is None
    assert closing_order(running(), situation("89", HELD, entry_waits), PROTECTION, {}, flatten=None) is not None


@pytest.mark.parametrize(("ago", "attempt"), [(1, None), (2, 2), (600, 2)])
def test_after_a_refusal_the_next_attempt_waits_a_little(ago: int, attempt: int | None) -> None:
    tried = {(60_000, "stop"): (1, NOW - ago * SECOND)}
    closing = closing_order(running(), situation(), PROTECTION, tried, flatten=None)
    assert (closing and closing.attempt) == attempt


def test_the_wait_grows_to_a_minute_and_no_further() -> None:
    tried = {(60_000, "stop"): (40, NOW - 60 * SECOND)}
    closing = closing_order(running(), situation(), PROTECTION, tried, flatten=None)
    assert closing is not None
    assert closing.attempt == 41


@pytest.mark.parametrize(("amount", "tradable"), [("0.0019", False), ("0.002", True), ("-0.002", True), ("0", False)])
def test_what_is_less_than_the_market_takes_is_dust(amount: str, *, tradable: bool) -> None:
    assert is_tradable(Position(D(amount), D(1)), MARKET) is tradable


def test_what_an_exit_left_after_it_was_cancelled_is_asked_for_again() -> None:
    cancelled = Report(Status.CANCELLED)
    rest = remainder(running(), order("exit"), cancelled, D("0.05"), HELD, MARKET, NOW)
    assert rest is not None
    assert (rest.leg, rest.attempt, rest.amount, rest.side) == ("remainder", 1, D("0.050"), Side.SELL)
    again = remainder(running(), order("remainder"), cancelled, D("0.02"), HELD, MARKET, NOW)
    assert again is not None
    assert again.attempt == 2


@pytest.mark.parametrize(
    ("leg", "status", "left"),
    [
        ("entry", Status.CANCELLED, "0.05"),
        ("stop", Status.CANCELLED, "0.05"),
        ("exit", Status.FILLED, "0"),
        ("exit", Status.REJECTED, "0.05"),
        ("exit", Status.CANCELLED, "0.09"),
        ("exit", Status.CANCELLED, "0.001"),
    ],
)
def test_entries_refusals_untouched_and_tiny_rests_are_left_alone(leg: str, status: Status, left: str) -> None:
    assert remainder(running(), order(leg), Report(status), D(left), HELD, MARKET, NOW) is None
