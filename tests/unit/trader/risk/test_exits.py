"""Exits are never blocked: not by a limit, a state, a guard, nor by staleness."""

from dataclasses import replace
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as some

from shared.config import RiskSettings
from shared.trading import (
    Books,
    Kind,
    Lately,
    Mark,
    OpenOrder,
    Position,
    RecentTrade,
    Side,
    Signal,
    State,
    StateRow,
    sell,
)
from tests.unit.trader.risk.example import HOLDING, MARKET, NOW, RUNNING, TICKER, verdict, waiting
from trader.risk import unwanted

tiny = some.decimals(D("1e-9"), D("1e-6"), places=9)
minutes = some.floats(1, 10_000)
limits = some.builds(
    RiskSettings,
    max_position=some.none() | tiny,
    max_exposure=some.none() | tiny,
    max_order=some.none() | tiny,
    orders_per_minute=some.none() | some.just(1),
    max_daily_loss=some.none() | tiny,
    max_drawdown=some.none() | tiny,
    price_band=some.none() | tiny,
    ticker_seconds=some.floats(1e-6, 1),
    stops=some.none() | some.just(1),
    cooldown_minutes=minutes,
    low_profit=some.none() | some.just(D(10)),
    pause_minutes=minutes,
)
activity = some.builds(
    Lately,
    orders=some.integers(0, 10_000),
    trades=some.just((RecentTrade("a", "stop", D(1), D(-1), NOW - 1),)),
    amount=some.just(D(10**9)),
    exposure=some.just(D(10**12)),
    mark=some.just(Mark("one", 0, D(10**6), D(10**6), D(1), D(0), NOW)),
)
states = some.builds(
    StateRow, some.sampled_from(["*", "one"]), some.sampled_from(State), some.sampled_from(["operator", "risk"])
)
resting = some.lists(some.sampled_from([waiting("entry"), waiting("entry", "1"), waiting("exit", "9")]), max_size=2)
situations = some.builds(
    replace,
    some.just(HOLDING),
    limits=limits,
    desk=limits,
    lately=activity,
    desk_lately=activity,
    state=states,
    waiting=resting.map(tuple),
    ticker=some.none() | some.just(replace(TICKER, received_at_us=0)),
    objection=some.none() | some.just("stopped"),
)
exits = some.one_of(
    some.decimals(D("0.01"), 1, places=2).map(sell),
    some.just(Signal(Side.HOLD, target=D(0))),
    some.decimals(0, D("0.9"), places=2).map(lambda share: Signal(Side.HOLD, target=share)),
)


@given(exits, situations, some.booleans(), some.booleans(), some.sampled_from(["paper", "live"]))
def test_an_exit_that_the_market_takes_goes_through_whatever_holds(
    signal: Signal, situation: object, fresh: bool, may_open: bool, broker: str
) -> None:
    found = verdict(signal, situation, replace(RUNNING, broker=broker), fresh=fresh, may_open=may_open)  # type: ignore[arg-type]
    assert found.outcome == "ordered"
    assert found.order is not None
    assert found.order.side is Side.SELL
    assert 0 < found.order.amount <= HOLDING.books.position.amount


@given(situations, some.sampled_from(["exit", "stop", "target", "remainder", "flatten"]), some.booleans())
def test_an_exit_at_the_market_that_is_placed_is_never_let_go_of(situation: object, leg: str, late: bool) -> None:
    placed = waiting(leg, decided_at_us=0 if late else NOW)
    assert unwanted(placed, replace(situation, waiting=(placed,)), 0.0) is None  # type: ignore[type-var, arg-type]


@given(some.decimals(0, D("0.0002"), places=5))
def test_only_the_markets_own_rules_can_be_in_an_exits_way(held: D) -> None:
    books = Books(D(0), Position(held, held * 20_000))
    found = verdict(sell(), replace(HOLDING, books=books))
    smallest = max(MARKET.minimum_amount, MARKET.amount_step)
    if held >= smallest and held * 20_000 >= MARKET.minimum_cost:
        assert found.outcome == "ordered"
    elif held >= smallest:
        assert "less than the market's smallest order" in found.outcome
    else:
        assert found.outcome == "refused: there is nothing to sell"


def test_an_exit_at_a_limit_gives_way_to_a_later_exit_only() -> None:
    resting_exit, stop = waiting("exit", "21000", decided_at_us=1), waiting("stop", decided_at_us=2)
    both: tuple[OpenOrder, ...] = (resting_exit, stop)
    assert resting_exit.order.kind is Kind.LIMIT
    assert unwanted(resting_exit, replace(HOLDING, waiting=both), 0.0) == "overtaken by a later stop"
    assert unwanted(stop, replace(HOLDING, waiting=both), 0.0) is None
    assert unwanted(resting_exit, replace(HOLDING, waiting=(resting_exit,)), 0.0) is None
