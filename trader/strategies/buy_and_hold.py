"""The benchmark: what doing nothing would have earned.

A strategy that does not beat it after fees and risk took trouble for nothing. William F. Sharpe, The Arithmetic of
Active Management (1991).
"""

import numpy as np

from shared.market import Frame
from shared.trading import Position, Rows, Signal, Strategy, buy, hold


class BuyAndHold(Strategy):
    """Buys once with everything, never sells."""

    @property
    def warm_up(self) -> int:
        """The newest candle."""
        return 1

    def decide(self, frame: Frame, position: Position) -> Signal:  # noqa: ARG002 - whatever the market does
        """Buy, unless it was bought already: somebody else may have closed it."""
        if position.is_open or position.fees or position.realized_pnl:
            return hold()
        return buy(reason="buy and hold")

    def exits(self, frame: Frame) -> Rows:
        """Never."""
        return np.zeros(len(frame), dtype=np.bool_)
