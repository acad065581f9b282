"""The same trades from every engine."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from shared.config import PaperSettings, RiskSettings
from shared.errors import StrategyError
from shared.indicators import indicator
from shared.indicators.anchor import anchored, block
from shared.market import Frame, Series
from shared.trading import Position, Signal, Strategy, buy, hold, sell, target
from tests.unit.shared.indicators.candles import needs_real_candles, real_month
from tests.unit.trader.bt.theirs import BRACKET, CROSS, strategy
from trader.backtest import engine
from trader.backtest.outcome import Outcome
from trader.backtest.spec import Backtest, usual_market
from trader.bt.feed import feed
from trader.bt.hosted import Hosted
from trader.bt.library import bt
from trader.bt.run import run
from trader.check.walk import walk

BTC = Series("binance", "BTC/USDT", "1m")
MARKET = usual_market(BTC)
#: So little cash that each order is filled at once, whatever traded in the minute.
TEST = Backtest("one", BTC, cash=D(100), paper=PaperSettings(fee=D("0.001"), slippage=D(0)))


def candles(count: int, seed: int) -> Frame:
    """A random walk with prices on a tick, as markets have them."""
    frame = walk(count, seed=seed, step=60_000)
    prices = {name: np.round(frame[name], 4) for name in ("open", "high", "low", "close")}
    return frame.with_columns({**prices, "volume": frame.volume + 1})


HISTORY = candles(4_000, seed=3)


class Dip(Strategy):
    """Buys when RSI comes back above 30 under its average, sells when it has come above 70."""

    @property
    def warm_up(self) -> int:
        return 280

    def indicators(self) -> dict[str, str]:
        return {"rsi": "rsi:14", "sma": "sma:20"}

    def decide(self, frame: Frame, position: Position) -> Signal:
        before, now = frame["rsi"][-2:]
        if not position.is_open and before < 30 <= now and frame.close[-1] < frame["sma"][-1]:
            return buy(reason="dip")
        return sell(reason="peak") if position.is_open and before < 70 <= now else hold()


class TheirDip(bt.Strategy):  # type: ignore[misc]
    """The same, written for backtrader, on indicators that were computed before."""

    def __init__(self) -> None:
        self.fills: list[tuple[datetime, float]] = []

    def next(self) -> None:
        if len(self) < 280:
            return
        before, now = self.data.lines.rsi[-1], self.data.lines.rsi[0]
        if not self.position:
            if before < 30 <= now and self.data.close[0] < self.data.lines.sma[0]:
                self.buy(size=0.01)
        elif before < 70 <= now:
            self.close()

    def notify_order(self, order: Any) -> None:
        if order.status == order.Completed:
            price = round(order.executed.price, 8)  # backtrader multiplies by the size and divides again
            self.fills.append((bt.num2date(order.executed.dt), price))


def in_numpy(frame: Frame) -> list[tuple[int, float]]:
    """When (ms) and at what price the ten lines trade: at the open after the candle that decides."""
    rsi, sma = frame["rsi"], frame["sma"]
    enter = (np.roll(rsi, 1) < 30) & (rsi >= 30) & (frame.close < sma)
    leave = (np.roll(rsi, 1) < 70) & (rsi >= 70)
    fills: list[tuple[int, float]] = []
    for row in range(279, len(frame) - 1):
        if (leave if len(fills) % 2 else enter)[row]:
            fills.append((int(frame.timestamps[row + 1]), float(frame.open[row + 1])))
    return fills


def in_backtrader(frame: Frame) -> list[tuple[int, float]]:
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(feed(frame, BTC, ("rsi", "sma")))
    cerebro.addstrategy(TheirDip)
    (ran,) = cerebro.run()
    return [(round(at.replace(tzinfo=UTC).timestamp()) * 1000, price) for at, price in ran.fills]


def fills(outcome: Outcome) -> list[tuple[int, float]]:
    return [(each.fill.executed_at_us // 1000, float(each.fill.price)) for each in outcome.fills]


def assert_same(one: Outcome, other: Outcome) -> None:
    assert one.sha256() == other.sha256()
    assert (one.signals, one.fills, one.books, one.waiting) == (other.signals, other.fills, other.books, other.waiting)
    assert (one.state, one.curve, one.kept.drawdown) == (other.state, other.curve, other.kept.drawdown)


def assert_all_engines_agree(frame: Frame) -> None:
    columns = {name: indicator(spec) for name, spec in Dip().indicators().items()}
    with_columns = anchored(frame, columns, block(BTC.step, Dip().warm_up), Dip().warm_up)
    native, inside = engine.run(TEST, Dip(), frame, MARKET), run(TEST, Dip(), frame, MARKET)
    assert len(native.trades) > 5
    assert_same(native, inside)
    assert fills(native) == in_numpy(with_columns) == in_backtrader(with_columns)


def test_native_backtrader_and_ten_lines_of_numpy_trade_the_same() -> None:
    assert_all_engines_agree(HISTORY)


@needs_real_candles
def test_they_do_on_two_weeks_of_real_candles() -> None:
    month = dict(real_month())
    times = month.pop("timestamp").astype(np.int64)
    assert_all_engines_agree(Frame(times, month).until(15_000))


class Busy(Strategy):
    """Asks for everything there is: limits, stops, targets, parts of the position and nonsense."""

    @property
    def warm_up(self) -> int:
        return 3

    def decide(self, frame: Frame, position: Position) -> Signal:
        close, luck = float(frame.close[-1]), int(frame.timestamps[-1] // 60_000 * 7_919 % 23)
        answers = {
            1: buy("0.5", stop=close * 0.999, take_profit=close * 1.001),
            4: buy("0.3", limit=close * 0.999, stop=close * 0.99),
            8: sell("0.4"),
            11: sell(limit=close * 1.001),
            13: target("0.7", take_profit=close * 1.002),
            17: buy(stop=close * 2),
            19: target(0),
        }
        return answers.get(luck, hold())


@settings(max_examples=8, deadline=None)
@given(some.integers(0, 10_000), some.sampled_from(["0", "0.0005"]), some.sampled_from([None, D("0.02")]))
def test_whatever_a_strategy_of_ours_asks_for_comes_out_the_same_inside_backtrader(
    seed: int, slippage: str, drawdown: D | None
) -> None:
    paper, limits = PaperSettings(fee=D("0.001"), slippage=D(slippage)), RiskSettings(max_drawdown=drawdown)
    test = Backtest("one", BTC, paper=paper, limits=limits)  # 10,000: its orders are filled in parts
    frame = candles(600, seed)
    assert_same(engine.run(test, Busy(), frame, MARKET), run(test, Busy(), frame, MARKET))


def test_a_streamed_run_is_the_run_over_the_whole() -> None:
    chunks = (HISTORY.until(end).last(500) for end in range(500, 4_001, 500))
    assert_same(run(TEST, Dip(), HISTORY, MARKET), run(TEST, Dip(), chunks, MARKET, rows=600))


def test_a_test_of_a_part_begins_and_ends_where_it_says() -> None:
    part = replace(TEST, start=1_500 * 60_000, end=3_000 * 60_000)
    assert_same(engine.run(part, Dip(), HISTORY, MARKET), run(part, Dip(), HISTORY, MARKET))


def test_a_strategy_of_backtrader_s_goes_through_risk_and_the_books(tmp_path: Path) -> None:
    seen: list[Any] = []

    def before(cerebro: Any) -> None:
        cerebro.addanalyzer(bt.analyzers.TradeAnalyzer)
        cerebro.addanalyzer(bt.analyzers.DrawDown)
        seen.append(cerebro)

    outcome = run(TEST, strategy(tmp_path, BRACKET, size=0.5), HISTORY, MARKET, before=before)
    (ran,) = seen[0].runningstrats
    trades, drawdown = (analyzer.get_analysis() for analyzer in ran.analyzers)
    assert {trade.leg for trade in outcome.trades} == {"exit", "stop", "target"}
    assert trades.total.closed == len(outcome.trades)
    assert trades.pnl.net.total == pytest.approx(float(sum(trade.pnl for trade in outcome.trades)))
    assert drawdown.max.drawdown / 100 == pytest.approx(outcome.kept.drawdown.depth, rel=1e-6)
    assert seen[0].broker.getvalue() == pytest.approx(float(outcome.equity))


def test_a_test_decides_what_a_trader_decides_candle_by_candle(tmp_path: Path) -> None:
    """The native engine asks as a trader does: replayed from its anchor, with the ledger's position."""
    frame = HISTORY.until(1_750)
    part = replace(TEST, start=int(frame.timestamps[1_536]))
    theirs = strategy(tmp_path, CROSS, size=0.5)
    assert isinstance(theirs, Hosted)
    theirs.cash = TEST.cash
    whole, alone = run(part, theirs, frame, MARKET), engine.run(part, theirs, frame, MARKET)
    assert len(whole.signals) > 3
    assert_same(whole, alone)


def test_amounts_are_cut_to_lots_and_what_is_refused_comes_back_rejected(tmp_path: Path) -> None:
    told = CROSS.replace(
        "if not order.alive():",
        "self.told = getattr(self, 'told', []) + [order.getstatusname()]\n        if not order.alive():",
    )
    seen: list[Any] = []
    outcome = run(TEST, strategy(tmp_path, told, size=500), HISTORY, MARKET, before=seen.append)
    assert {each.outcome.partition(":")[0] for each in outcome.signals} == {"refused"}
    assert set(seen[0].runningstrats[0].told) == {"Accepted", "Rejected"}
    lots = usual_market(BTC, D("0.001"))
    cut = run(TEST, strategy(tmp_path, told, size=0.123456789), HISTORY, lots)
    assert {each.fill.amount for each in cut.fills} == {D("0.12345678")}


def test_an_error_says_whose_it_is(tmp_path: Path) -> None:
    broken = strategy(tmp_path, CROSS.replace("if self.order:", "if 1 / (len(self) - 50) > 2:"))
    with pytest.raises(StrategyError, match=r"one failed:[\s\S]*ZeroDivisionError"):
        run(TEST, broken, HISTORY, MARKET)
