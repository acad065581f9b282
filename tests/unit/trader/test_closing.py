"""When a position is closed without asking the strategy."""

from dataclasses import replace
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
from trader.closing import closing_order, is_pausing, is_tradable, reached, remainder, takes_too_much
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


def test_a_clock_that_was_set_back_makes_no_attempt_wait() -> None:
    tried = {(60_000, "stop"): (1, NOW + 3_600 * SECOND)}
    closing = closing_order(running(), situation(), PROTECTION, tried, flatten=None)
    assert closing is not None
    assert closing.attempt == 2


def test_what_is_more_than_the_market_takes_at_once_is_closed_piece_by_piece() -> None:
    seen = replace(situation(), market=replace(MARKET, maximum_amount=D("0.0605")))
    closing = closing_order(running(), seen, PROTECTION, {}, flatten=None)
    assert closing is not None
    assert closing.amount == D("0.060")


@pytest.mark.parametrize(("bid", "wanted"), [("49", False), ("51", True)])
def test_what_is_worth_less_than_the_market_takes_is_not_asked_for(bid: str, *, wanted: bool) -> None:
    seen = situation(bid, Position(amount=D("0.1"), cost=D(10)))
    seen = replace(seen, market=replace(MARKET, minimum_cost=D(5)))
    assert (closing_order(running(), seen, None, {}, flatten=60_000) is not None) is wanted


@pytest.mark.parametrize(
    ("side", "amount", "too_much"),
    [(Side.SELL, "0.09", False), (Side.SELL, "0.08", True), (Side.SELL, "-1", True), (Side.BUY, "-0.09", False)],
)
def test_an_exit_of_more_than_is_held_takes_too_much(side: Side, amount: str, *, too_much: bool) -> None:
    assert takes_too_much(order("stop", side), Position(D(amount), D(1))) is too_much
    assert not takes_too_much(order("entry", Side.BUY), Position())


def rest_of(leg: str, status: Status, left: str, position: Position = HELD) -> Order | None:
    return remainder(order(leg), Report(status), D(left), position, situation("150"), NOW)


@pytest.mark.parametrize(
    ("status", "left", "amount"),
    [
        (Status.CANCELLED, "0.05", "0.050"),
        (Status.CANCELLED, "0.09", "0.090"),
        (Status.REJECTED, "0.09", "0.090"),
        (Status.CANCELLED, "0.2", "0.099"),
    ],
)
def test_what_an_exit_left_is_asked_for_again_also_if_that_is_all(status: Status, left: str, amount: str) -> None:
    rest = rest_of("exit", status, left)
    assert rest is not None
    assert (rest.leg, rest.attempt, rest.amount, rest.side) == ("remainder", 1, D(amount), Side.SELL)
    again = rest_of("remainder", status, left)
    assert again is not None
    assert again.attempt == 2


def test_the_rest_of_an_exit_at_a_limit_keeps_to_the_limit() -> None:
    limited = replace(order("exit"), kind=Kind.LIMIT, limit_price=D(160))
    rest = remainder(limited, Report(Status.CANCELLED), D("0.05"), HELD, situation("150"), NOW)
    assert rest is not None
    assert (rest.kind, rest.limit_price) == (Kind.LIMIT, D(160))


@pytest.mark.parametrize(("attempt", "ago", "pauses"), [(1, 0, False), (2, 1, True), (2, 2, False), (9, 59, True)])
def test_from_the_second_rest_on_an_exit_waits_longer_each_time(attempt: int, ago: int, *, pauses: bool) -> None:
    rest = replace(order("remainder", attempt=attempt), decided_at_us=NOW)
    assert is_pausing(rest, NOW + ago * SECOND) is pauses


@pytest.mark.parametrize(
    ("leg", "status", "left"),
    [
        ("entry", Status.CANCELLED, "0.05"),
        ("stop", Status.CANCELLED, "0.05"),
        ("exit", Status.FILLED, "0"),
        ("exit", Status.OPEN, "0.05"),
        ("exit", Status.CANCELLED, "0.001"),
    ],
)
def test_entries_stops_and_tiny_rests_are_left_alone(leg: str, status: Status, left: str) -> None:
    assert rest_of(leg, status, left) is None


def test_an_exit_of_what_is_not_there_any_more_leaves_no_rest() -> None:
    assert rest_of("exit", Status.CANCELLED, "0.09", Position()) is None
    assert rest_of("exit", Status.CANCELLED, "0.09", Position(D("-0.09"), D(-9))) is None
