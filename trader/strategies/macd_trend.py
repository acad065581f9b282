"""Follows the trend as MACD shows it.

Moving average convergence/divergence: the fast exponential average of the close less the slow one; its signal line is
an exponential average of that difference. Gerald Appel, Technical Analysis: Power Tools for Active Investors (2005).
"""

from pydantic import Field, model_validator

from shared.indicators import crosses_above
from shared.market import Frame
from shared.trading import Position, Rows, Signal, Strategy, buy, hold, sell


class MacdTrend(Strategy):
    """Buys when MACD crosses above its signal line, sells when it is below."""

    class Parameters(Strategy.Parameters):
        """Windows in candles."""

        fast: int = Field(12, ge=2, le=500)
        slow: int = Field(26, ge=3, le=1000)
        signal: int = Field(9, ge=2, le=500)

        @model_validator(mode="after")
        def _ordered(self) -> "MacdTrend.Parameters":
            if self.fast >= self.slow:
                raise ValueError("fast must be smaller than slow")
            return self

    @property
    def warm_up(self) -> int:
        """The slow average forgets its seed to 1e-9 within about 10 windows, and so does the signal line after it."""
        return int(10 * (self.parameters.slow + self.parameters.signal))

    def indicators(self) -> dict[str, str]:
        """One column, `above`: MACD less its signal line, in the quote asset."""
        windows = self.parameters
        return {"above": f"macd.histogram:{windows.fast},{windows.slow},{windows.signal}"}

    def decide(self, frame: Frame, position: Position) -> Signal:
        """Enter on the candle of the crossing, leave below."""
        before, now = frame["above"][-2:]
        if before <= 0 < now and not position.is_open:
            return buy(reason="MACD crossed above its signal line")
        if now < 0 and position.is_open:
            return sell(reason="MACD is below its signal line")
        return hold()

    def entries(self, frame: Frame) -> Rows:
        """Where MACD crosses above its signal line."""
        return crosses_above(frame["above"])

    def exits(self, frame: Frame) -> Rows:
        """Where it is below."""
        return frame["above"] < 0
