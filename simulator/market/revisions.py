"""Candles that change after they were published, as exchanges now and then do."""

from dataclasses import dataclass, field, replace

import numpy as np

from simulator.market.candles import Candles, Column
from simulator.market.noise import key_of, uniform


@dataclass(frozen=True, slots=True)
class Publication:
    """How the newest candles come out: `late_ms` after their close; the drawn `share` provisional for `settle_ms`."""

    late_ms: int = 0
    settle_ms: int = 0
    share: float = 0.0


PROMPT = Publication()


@dataclass(frozen=True, slots=True)
class Revision:
    """Factors on the close and the volume of one published candle."""

    close: float = 1.0
    volume: float = 1.0


@dataclass(slots=True)
class Revisions:
    """What was revised by hand: (symbol, timeframe in ms) -> open time -> revision."""

    _made: dict[tuple[str, int], dict[int, Revision]] = field(default_factory=dict)

    def add(self, symbol: str, timeframe_ms: int, open_ms: int, revision: Revision) -> None:
        self._made.setdefault((symbol, timeframe_ms), {})[open_ms] = revision

    def apply(self, symbol: str, timeframe_ms: int, candles: Candles) -> Candles:
        """The candles as they stand now; high and low are stretched to a revised close."""
        made = self._made.get((symbol, timeframe_ms))
        if not made or not len(candles):
            return candles
        found = [made.get(int(time)) for time in candles.timestamp]
        close = _scaled(candles.close, [1.0 if one is None else one.close for one in found])
        volume = _scaled(candles.volume, [1.0 if one is None else one.volume for one in found])
        high, low = np.maximum(candles.high, close), np.minimum(candles.low, close)
        return replace(candles, close=close, volume=volume, high=high, low=low)


def provisional(symbol: str, candles: Candles, share: float) -> Candles:
    """First versions of the drawn share of candles: they close at their open, on half of the volume."""
    drawn = uniform(key_of(symbol, "provisional"), candles.timestamp) < share
    close = np.where(drawn, candles.open, candles.close)
    volume = np.where(drawn, (candles.volume / 2).astype(candles.volume.dtype), candles.volume)
    return replace(candles, close=close, volume=volume)


def _scaled(column: Column, factors: list[float]) -> Column:
    factor = np.array(factors)
    moved = column * factor
    return np.where(factor == 1.0, column, np.rint(moved) if column.dtype.kind == "i" else moved).astype(column.dtype)
