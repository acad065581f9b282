"""The shipped strategies decide as their names say."""

import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal as D

import numpy as np
import pytest

from shared.indicators import indicator, with_indicators
from shared.market import Frame
from shared.trading import Position, Side, Signal, Strategy, buy
from trader.strategies.bollinger_breakout import BollingerBreakout
from trader.strategies.buy_and_hold import BuyAndHold
from trader.strategies.ema_cross import EmaCross
from trader.strategies.macd_trend import MacdTrend
from trader.strategies.rsi_reversion import RsiReversion

HOLDING = Position(D(1), D(100))
FLAT = Position()
SHIPPED = (BollingerBreakout, BuyAndHold, EmaCross, MacdTrend, RsiReversion)


def decide(strategy: Strategy, closes: Sequence[float], position: Position) -> Signal:
    prices = np.array(closes, dtype=np.float64)
    columns = {"open": prices, "high": prices, "low": prices, "close": prices, "volume": np.ones_like(prices)}
    frame = Frame(np.arange(len(prices), dtype=np.int64) * 60_000, columns)
    named = {name: indicator(spec) for name, spec in strategy.indicators().items()}
    return strategy.decide(with_indicators(frame, named), position)


def wave(ending: str) -> list[float]:
    calm = [100.0 + (i % 2) for i in range(280)]
    return calm + [100 - i if ending == "falls" else 101 + i for i in range(1, 21)]


@pytest.mark.parametrize("kind", SHIPPED, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("price", [100.0, 100.1])
def test_a_market_that_does_not_move_gives_no_reason_to_trade(kind: type[Strategy], price: float) -> None:
    strategy = kind()
    decided = decide(strategy, [price] * strategy.warm_up, FLAT)
    assert decided.side is (Side.BUY if kind is BuyAndHold else Side.HOLD)


def test_rsi_reversion_buys_what_has_fallen_and_says_so() -> None:
    signal = decide(RsiReversion(), wave("falls"), FLAT)
    assert signal.side is Side.BUY
    assert "below 30" in signal.reason


def test_rsi_reversion_sells_what_has_risen() -> None:
    assert decide(RsiReversion(), wave("rises"), HOLDING).side is Side.SELL


@pytest.mark.parametrize(("ending", "position"), [("falls", HOLDING), ("rises", FLAT)])
def test_rsi_reversion_neither_adds_nor_sells_short(ending: str, position: Position) -> None:
    assert decide(RsiReversion(), wave(ending), position).side is Side.HOLD


def test_ema_cross_buys_only_on_the_candle_of_the_crossing() -> None:
    closes = [100.0 - i * 0.1 for i in range(300)]
    assert decide(EmaCross(), closes, FLAT).side is Side.HOLD
    crossing = next(n for n in range(1, 60) if decide(EmaCross(), closes + [75.0] * n, FLAT).side is Side.BUY)
    assert decide(EmaCross(), closes + [75.0] * (crossing + 1), FLAT).side is Side.HOLD


def test_ema_cross_leaves_when_the_fast_average_is_below() -> None:
    assert decide(EmaCross(), [100.0] * 280 + [90.0], HOLDING).side is Side.SELL


@pytest.mark.parametrize("kind", [EmaCross, MacdTrend])
def test_windows_in_the_wrong_order_are_refused(kind: type[Strategy]) -> None:
    with pytest.raises(ValueError, match="fast must be smaller than slow"):
        kind({"fast": 30, "slow": 10})


def test_macd_trend_buys_only_on_the_candle_where_macd_crosses_its_signal_line() -> None:
    closes = [100.0 - i * 0.1 for i in range(MacdTrend().warm_up)]
    crossing = next(n for n in range(1, 60) if decide(MacdTrend(), closes + [75.0] * n, FLAT).side is Side.BUY)
    assert decide(MacdTrend(), closes + [75.0] * (crossing - 1), FLAT).side is Side.HOLD
    assert decide(MacdTrend(), closes + [75.0] * (crossing + 1), FLAT).side is Side.HOLD


def test_macd_trend_leaves_when_macd_is_below_its_signal_line() -> None:
    rising = [100.0 + i * 0.1 for i in range(MacdTrend().warm_up)]
    assert decide(MacdTrend(), [*rising, 110.0], HOLDING).side is Side.SELL


def test_macd_is_the_difference_of_two_averages_less_the_average_of_that_difference() -> None:
    closes = 100 + np.random.default_rng(7).normal(size=500).cumsum()
    (spec,) = MacdTrend({"fast": 5, "slow": 20, "signal": 4}).indicators().values()
    frame = Frame(np.arange(500, dtype=np.int64), {"close": closes})
    macd = average(closes, 5) - average(closes, 20)
    expected = macd[-1] - average(macd[19:], 4)[-1]
    assert indicator(spec)(frame)[-1] == pytest.approx(expected)


def average(values: np.ndarray, window: int) -> np.ndarray:
    """Exponential, by its definition."""
    made = [values[0]]
    for value in values[1:]:
        made.append(made[-1] + (value - made[-1]) * 2 / (window + 1))
    return np.array(made)


#: Twenty closes that alternate around 100 have the mean 100 and the deviation 1.
BAND = [99.0, 101.0] * 10


def test_bollinger_breakout_buys_a_close_above_the_band_with_its_stop_and_target() -> None:
    signal = decide(BollingerBreakout({"stop": 0.01, "take_profit": 0.05}), [*BAND, 110.0], FLAT)
    assert (signal.side, signal.stop, signal.take_profit) == (Side.BUY, D("108.9"), D("115.5"))


def test_bollinger_breakout_needs_neither_stop_nor_target() -> None:
    signal = decide(BollingerBreakout({"stop": 0, "take_profit": 0}), [*BAND, 110.0], FLAT)
    assert (signal.side, signal.stop, signal.take_profit) == (Side.BUY, None, None)


def test_bollinger_breakout_does_not_chase_a_close_that_was_above_already() -> None:
    assert decide(BollingerBreakout(), [*BAND, 110.0, 120.0], FLAT).side is Side.HOLD


@pytest.mark.parametrize(("close", "side"), [(102.0, Side.HOLD), (98.0, Side.SELL)])
def test_bollinger_breakout_leaves_below_the_middle(close: float, side: Side) -> None:
    assert decide(BollingerBreakout(), [*BAND, close], HOLDING).side is side


def test_bollinger_bands_lie_so_many_deviations_around_the_mean() -> None:
    upper, middle = BollingerBreakout({"window": 20, "deviations": 2.5}).indicators().values()
    frame = Frame(np.arange(20, dtype=np.int64), {"close": np.array(BAND)})
    assert indicator(middle)(frame)[-1] == pytest.approx(100)
    assert indicator(upper)(frame)[-1] == pytest.approx(102.5)


def test_buy_and_hold_buys_with_everything_once_and_never_sells() -> None:
    assert decide(BuyAndHold(), [100.0], FLAT) == buy(reason="buy and hold")
    assert decide(BuyAndHold(), [50.0], HOLDING).side is Side.HOLD
    closed_by_hand = Position(realized_pnl=D(-3), fees=D(3))
    assert decide(BuyAndHold(), [50.0], closed_by_hand).side is Side.HOLD


def test_buy_and_hold_costs_no_pandas() -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom shared.config import StrategySettings\n"
        "from trader.loading import load, needs\n"
        "wanted = StrategySettings(id='one', name='buy_and_hold', exchange='a', symbol='B/C', timeframe='1m')\n"
        "needs('one', load(wanted, Path('nowhere')))\n"
        "print([name for name in ('pandas', 'ta', 'ccxt') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", SHIPPED, ids=lambda kind: kind.__name__)
def test_a_strategy_acts_on_no_row_that_its_entries_and_exits_leave_out(kind: type[Strategy]) -> None:
    strategy, closes = kind(), 100 * np.exp(np.random.default_rng(7).normal(0, 0.01, 1_200).cumsum())
    columns = dict.fromkeys(("open", "high", "low", "close"), closes) | {"volume": np.ones_like(closes)}
    frame = Frame(np.arange(len(closes), dtype=np.int64) * 60_000, columns)
    shown = with_indicators(frame, {name: indicator(spec) for name, spec in strategy.indicators().items()})
    for rows, position in ((strategy.entries(shown), FLAT), (strategy.exits(shown), HOLDING)):
        acts = [
            row
            for row in range(strategy.warm_up, len(shown))
            if strategy.decide(shown.until(row + 1), position).side is not Side.HOLD
        ]
        allowed = np.ones(len(shown), dtype=np.bool_) if rows is None else rows
        assert allowed[acts].all()
        assert acts or (kind is BuyAndHold and position is HOLDING)


@pytest.mark.parametrize("kind", SHIPPED, ids=lambda kind: kind.__name__)
def test_a_shipped_strategy_costs_neither_pandas_nor_numba(kind: type[Strategy]) -> None:
    code = (
        f"import sys\nfrom {kind.__module__} import {kind.__name__} as kind\n"
        "from shared.indicators import indicator\n"
        "[indicator(spec) for spec in kind().indicators().values()]\n"
        "print([name for name in ('pandas', 'ta', 'numba', 'polars', 'ccxt') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
