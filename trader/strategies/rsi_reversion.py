"""Buys what has fallen too far, sells when it has risen too far.

Relative strength index: 100 - 100 / (1 + average rise / average fall), both averaged as Wilder does, a candle counting
for 1 / window. J. Welles Wilder, New Concepts in Technical Trading Systems (1978).
"""

from pydantic import Field

from shared.market import Frame
from shared.trading import Position, Rows, Signal, Strategy, buy, hold, sell


class RsiReversion(Strategy):
    """Long when RSI is below `lower`, out when it is above `upper`."""

    class Parameters(Strategy.Parameters):
        """Window in candles, bounds on RSI's scale of 0 to 100."""

        window: int = Field(14, ge=2, le=500)
        lower: float = Field(30, gt=0, lt=100)
        upper: float = Field(70, gt=0, lt=100)

    @property
    def warm_up(self) -> int:
        """Wilder's average forgets its seed to 1e-9 within about 20 windows."""
        return int(20 * self.parameters.window)

    def indicators(self) -> dict[str, str]:
        """One column, `rsi`."""
        return {"rsi": f"rsi:{self.parameters.window}"}

    def decide(self, frame: Frame, position: Position) -> Signal:
        """Enter below, leave above."""
        rsi = frame["rsi"][-1]
        if rsi < self.parameters.lower and not position.is_open:
            return buy(reason=f"rsi {rsi:.1f} below {self.parameters.lower:g}")
        if rsi > self.parameters.upper and position.is_open:
            return sell(reason=f"rsi {rsi:.1f} above {self.parameters.upper:g}")
        return hold()

    def entries(self, frame: Frame) -> Rows:
        """Below."""
        return frame["rsi"] < float(self.parameters.lower)

    def exits(self, frame: Frame) -> Rows:
        """Above."""
        return frame["rsi"] > float(self.parameters.upper)
