"""What holds of every test over history, whatever the market and the strategy."""

from collections.abc import Mapping
from decimal import Decimal as D

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config import PaperSettings, RiskSettings
from shared.market import Frame, Indicator, Market
from shared.trading import Position, Side, Signal, Strategy, buy, hold, sell, target
from shared.trading.money import exact
from tests.unit.trader.backtest.example import BEGIN, BTC, MARKET, MINUTE, PLAIN
from trader.backtest.engine import run
from trader.backtest.outcome import Outcome
from trader.backtest.spec import Backtest
from trader.strategies.bollinger_breakout import BollingerBreakout
from trader.strategies.buy_and_hold import BuyAndHold
from trader.strategies.ema_cross import EmaCross
from trader.strategies.macd_trend import MacdTrend
from trader.strategies.rsi_reversion import RsiReversion

SHIPPED: tuple[Strategy, ...] = (
    BollingerBreakout({"window": 10, "stop": 0.01, "take_profit": 0.02}),
    BuyAndHold(),
    EmaCross({"fast": 3, "slow": 8}),
    MacdTrend({"fast": 3, "slow": 8, "signal": 4}),
    RsiReversion({"window": 4}),
)
#: The fee of a buy comes off what is bought: what is left of it is dust.
FROM_BASE = Market("binance", "BTC/USDT", D("0.001"), D("0.01"), D(5), D("0.001"), D("0.001"), fee_side="received")


class Restless(Strategy):
    """Everything a strategy may ask for, by turns, as the digits of the close have it."""

    @property
    def warm_up(self) -> int:
        return 2

    def decide(self, frame: Frame, position: Position) -> Signal:
        close, lot = float(frame.close[-1]), int(frame.close[-1] * 100) % 11
        bids = (buy("0.5", stop=close * 0.99), buy(limit=close * 0.998, take_profit=close * 1.004), target("0.4"))
        asks = (sell("0.5"), sell(limit=close * 1.003), sell(), target("0.3"))
        choice = (*bids, *asks) if position.is_open else bids
        return choice[lot % len(choice)] if lot < 7 else hold()


class Everywhere(Strategy):
    """The same strategy, shown every candle."""

    def __init__(self, told: Strategy) -> None:
        super().__init__()
        self.told = told

    @property
    def warm_up(self) -> int:
        return self.told.warm_up

    def indicators(self) -> Mapping[str, str | Indicator]:
        return self.told.indicators()

    def decide(self, frame: Frame, position: Position) -> Signal:
        return self.told.decide(frame, position)


def walk(seed: int, count: int, holes: float = 0.0) -> Frame:
    """Candles of a restless market, some of which nobody traded in."""
    chance = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(chance.normal(0, 0.003, count))), 2)
    opened = np.round(np.concatenate([[100.0], close[:-1]]) * np.exp(chance.normal(0, 0.0005, count)), 2)
    high = np.round(np.maximum(opened, close) * (1 + np.abs(chance.normal(0, 0.002, count))), 2)
    low = np.round(np.minimum(opened, close) * (1 - np.abs(chance.normal(0, 0.002, count))), 2)
    columns = {"open": opened, "high": high, "low": low, "close": close, "volume": chance.exponential(50, count)}
    there = np.flatnonzero(chance.random(count) >= holes)
    times = BEGIN + np.arange(count, dtype=np.int64) * MINUTE
    return Frame(times[there], {name: column[there] for name, column in columns.items()})


def same(one: Outcome, other: Outcome) -> bool:
    """To the last digit, refused signals and all."""
    return (one.sha256(), one.fills, one.signals, one.books, one.waiting, one.state) == (
        other.sha256(),
        other.fills,
        other.signals,
        other.books,
        other.waiting,
        other.state,
    )


WANTED = Backtest("one", BTC, cash=D(1_000), paper=PaperSettings(slippage=D("0.0002")))
LIMITED = Backtest(
    "one",
    BTC,
    cash=D(1_000),
    limits=RiskSettings(max_drawdown=D("0.05"), cooldown_minutes=10, orders_per_minute=1, stops=2),
    desk=RiskSettings(max_daily_loss=D("0.04"), max_exposure=D(700)),
)


@pytest.mark.parametrize("strategy", SHIPPED, ids=lambda each: type(each).__name__)
@given(seed=st.integers(0, 2**32), holes=st.sampled_from([0.0, 0.3]), wanted=st.sampled_from([WANTED, LIMITED]))
@settings(max_examples=8, deadline=None)
def test_visiting_only_where_something_can_happen_changes_nothing(
    strategy: Strategy, seed: int, holes: float, wanted: Backtest
) -> None:
    candles = walk(seed, 1_500, holes)
    assert same(run(wanted, strategy, candles, MARKET), run(wanted, Everywhere(strategy), candles, MARKET))


@pytest.mark.parametrize("strategy", [*SHIPPED, Restless()], ids=lambda each: type(each).__name__)
@given(seed=st.integers(0, 2**32), holes=st.sampled_from([0.0, 0.3]), rows=st.integers(20, 700))
@settings(max_examples=6, deadline=None)
def test_history_in_pieces_is_the_same_history(strategy: Strategy, seed: int, holes: float, rows: int) -> None:
    candles = walk(seed, 1_500, holes)
    pieces = [candles.until(at + 97).last(min(97, len(candles) - at)) for at in range(0, len(candles), 97)]
    assert same(run(WANTED, strategy, candles, MARKET), run(WANTED, strategy, pieces, MARKET, rows=rows))


@pytest.mark.parametrize("market", [MARKET, FROM_BASE], ids=["fee from quote", "fee from what is received"])
@given(seed=st.integers(0, 2**32), wanted=st.sampled_from([WANTED, LIMITED]))
@settings(max_examples=15, deadline=None)
def test_the_books_are_exact(market: Market, seed: int, wanted: Backtest) -> None:
    outcome = run(wanted, Restless(), walk(seed, 800), market)
    position = outcome.books.position
    assert outcome.books.cash - wanted.cash == _less(position.realized_pnl, position.cost)
    assert sum((each.fill.cash_change for each in outcome.fills), D(0)) == outcome.books.cash - wanted.cash
    assert sum((each.fill.base_change for each in outcome.fills), D(0)) == position.amount
    assert all(each.books.cash >= 0 and each.books.position.amount >= 0 for each in outcome.fills)
    assert outcome.books.held == sum((each.held for each in outcome.waiting if each.order.is_entry), D(0))


@given(seed=st.integers(0, 2**32), latency=st.sampled_from([0, 250]))
@settings(max_examples=20, deadline=None)
def test_nothing_is_filled_before_the_candle_after_its_decision_nor_better_than_that_candle_was(
    seed: int, latency: int
) -> None:
    candles = walk(seed, 800)
    wanted = Backtest("one", BTC, cash=D(1_000), paper=PLAIN.model_copy(update={"latency_ms": latency}))
    outcome = run(wanted, Restless(), candles, MARKET)
    places = {int(at): row for row, at in enumerate(candles.timestamps)}
    assert outcome.fills
    for order, fill, _, _ in outcome.fills:
        opened = fill.executed_at_us // 1_000 // MINUTE * MINUTE
        row = places[opened]
        assert opened >= order.decided_at_us // 1_000 // MINUTE * MINUTE
        assert order.leg in ("stop", "target") or opened > order.candle
        price = float(fill.price)
        assert price >= candles.low[row] if fill.side is Side.BUY else price <= candles.high[row]


@given(seed=st.integers(0, 2**32), cut=st.integers(200, 799), holes=st.sampled_from([0.0, 0.3]))
@settings(max_examples=20, deadline=None)
def test_what_comes_later_changes_nothing_before(seed: int, cut: int, holes: float) -> None:
    candles = walk(seed, 800, holes)
    whole = run(WANTED, Restless(), candles, MARKET)
    part = run(WANTED, Restless(), candles.until(cut), MARKET)
    assert part.fills == whole.fills[: len(part.fills)]
    assert part.signals == whole.signals[: len(part.signals)]
    until_us = int(candles.timestamps[min(cut, len(candles)) - 1]) * 1_000 + MINUTE * 1_000
    assert all(each.fill.executed_at_us >= until_us for each in whole.fills[len(part.fills) :])


@given(seed=st.integers(0, 2**32))
@settings(max_examples=5, deadline=None)
def test_the_same_test_comes_to_the_same(seed: int) -> None:
    assert same(run(WANTED, Restless(), walk(seed, 500), MARKET), run(WANTED, Restless(), walk(seed, 500), MARKET))


@exact
def _less(one: D, other: D) -> D:
    return one - other
