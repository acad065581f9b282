"""Follows the trend: in while the fast average is above the slow one.

Exponential average: each close counts for 2 / (window + 1), what was before it for the rest. Crossing averages of two
lengths: Perry J. Kaufman, Trading Systems and Methods (first edition 1978).
"""

from pydantic import Field, model_validator

from shared.indicators import crosses_above
from shared.market import Frame
from shared.trading import Position, Rows, Signal, Strategy, buy, hold, sell


class EmaCross(Strategy):
    """Buys when the fast exponential average crosses above the slow one, sells when it crosses back."""

    class Parameters(Strategy.Parameters):
        """Windows in candles."""

        fast: int = Field(12, ge=2, le=500)
        slow: int = Field(26, ge=3, le=1000)

        @model_validator(mode="after")
        def _ordered(self) -> "EmaCross.Parameters":
            if self.fast >= self.slow:
                raise ValueError("fast must be smaller than slow")
            return self

    @property
    def warm_up(self) -> int:
        """An exponential average forgets its seed to 1e-9 within about 10 windows."""
        return int(10 * self.parameters.slow)

    def indicators(self) -> dict[str, str]:
        """Two columns, `fast` and `slow`."""
        return {
            "fast": f"ema:{self.parameters.fast}",
            "slow": f"ema:{self.parameters.slow}",
        }

    def decide(self, frame: Frame, position: Position) -> Signal:
        """Act on the candle where the averages cross."""
        spread = frame["fast"] - frame["slow"]
        if spread[-2] <= 0 < spread[-1] and not position.is_open:
            return buy(reason="fast average crossed above slow")
        if spread[-1] < 0 and position.is_open:
            return sell(reason="fast average is below slow")
        return hold()

    def entries(self, frame: Frame) -> Rows:
        """Where the fast average crosses above the slow one."""
        return crosses_above(frame["fast"] - frame["slow"])

    def exits(self, frame: Frame) -> Rows:
        """Where it is below."""
        return frame["fast"] - frame["slow"] < 0
