"""Buys a close that breaks out of its Bollinger band, with a stop below and a target above it.

Bollinger bands: the mean of the last closes, and so many of their standard deviations (of the population) above and
below. John Bollinger, Bollinger on Bollinger Bands (2001), where the breakout is his Method I.
"""

from pydantic import Field

from shared.indicators import crosses_above
from shared.market import Frame
from shared.trading import Position, Rows, Signal, Strategy, buy, hold, sell


class BollingerBreakout(Strategy):
    """Long once the close crosses above the upper band; out below the middle, at the stop or at the target."""

    class Parameters(Strategy.Parameters):
        """Window in candles; `stop` and `take_profit` as fractions of the close bought at, 0 for none."""

        window: int = Field(20, ge=2, le=1000)
        deviations: float = Field(2, ge=0.1, le=10)
        stop: float = Field(0.02, ge=0, lt=1)
        take_profit: float = Field(0.04, ge=0, le=10)

    @property
    def warm_up(self) -> int:
        """A window, and the candle before, whose band the crossing is measured by."""
        return int(self.parameters.window) + 1

    def indicators(self) -> dict[str, str]:
        """Two columns, `upper` and `middle`."""
        window, deviations = self.parameters.window, self.parameters.deviations
        return {
            "upper": f"bollinger.upper:{window},{deviations:f}",
            "middle": f"bollinger.middle:{window},{deviations:f}",
        }

    def decide(self, frame: Frame, position: Position) -> Signal:
        """Enter on the candle of the breakout, leave below the middle."""
        close, upper, wanted = frame.close, frame["upper"], self.parameters
        if close[-2] <= upper[-2] and close[-1] > upper[-1] and not position.is_open:
            return buy(
                reason=f"close {close[-1]:g} above the upper band {upper[-1]:g}",
                stop=close[-1] * (1 - wanted.stop) if wanted.stop else None,
                take_profit=close[-1] * (1 + wanted.take_profit) if wanted.take_profit else None,
            )
        if close[-1] < frame["middle"][-1] and position.is_open:
            return sell(reason=f"close {close[-1]:g} below the middle band")
        return hold()

    def entries(self, frame: Frame) -> Rows:
        """Where the close crosses above the upper band."""
        return crosses_above(frame.close, frame["upper"])

    def exits(self, frame: Frame) -> Rows:
        """Below the middle."""
        return frame.close < frame["middle"]
