"""Indicators that are computed as candles come: one value for each update, without looking back."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from shared.market.candle import Candle


class RunningIndicator(Protocol):
    """What a ring keeps beside its candles. `copy.copy` of one must go on by itself."""

    def update(self, candle: Candle, *, closed: bool) -> float:
        """Its value with this candle as the newest; only a closed one is remembered."""
        ...


@dataclass
class Ema:
    """Exponential moving average of `of`, seeded with the first value, weight 2 / (period + 1) for the newest.

    It forgets where it began: started `n` candles earlier or later it differs by at most (1 - weight) ** n of the
    distance between the seeds, so after 50 periods two of them agree to 1e-12 of the price, about the last bits.
    """

    period: int = 10
    of: Literal["open", "high", "low", "close", "volume"] = "close"
    _value: float | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.period < 1:
            raise ValueError(f"an EMA's period is 1 candle or more, got {self.period}")

    def update(self, candle: Candle, *, closed: bool) -> float:
        """The average with this candle as the newest."""
        newest: float = getattr(candle, self.of)
        value = newest if self._value is None else self._value + 2 / (self.period + 1) * (newest - self._value)
        if closed:
            self._value = value
        return value
