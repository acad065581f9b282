"""The shipped strategies decide as their names say."""

from collections.abc import Sequence
from decimal import Decimal as D

import numpy as np
import pytest

from shared.indicators import indicator, with_indicators
from shared.market import Frame
from shared.trading import Position, Side, Signal, Strategy
from trader.strategies.ema_cross import EmaCross
from trader.strategies.rsi_reversion import RsiReversion

HOLDING = Position(D(1), D(100))
FLAT = Position()


def decide(strategy: Strategy, closes: Sequence[float], position: Position) -> Signal:
    prices = np.array(closes, dtype=np.float64)
    columns = {"open": prices, "high": prices, "low": prices, "close": prices, "volume": np.ones_like(prices)}
    frame = Frame(np.arange(len(prices), dtype=np.int64) * 60_000, columns)
    named = {name: indicator(spec) for name, spec in strategy.indicators().items()}
    return strategy.decide(with_indicators(frame, named), position)


def wave(ending: str) -> list[float]:
    calm = [100.0 + (i % 2) for i in range(280)]
    return calm + [100 - i if ending == "falls" else 101 + i for i in range(1, 21)]


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


def test_ema_cross_refuses_windows_in_the_wrong_order() -> None:
    with pytest.raises(ValueError, match="fast must be smaller than slow"):
        EmaCross({"fast": 30, "slow": 10})
