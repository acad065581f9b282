"""Candles as columns, and how a longer timeframe is made of a shorter one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Candles:
    """Six columns of one length, sorted by `timestamp` (open time, int64 ms UTC).

    Prices and volumes are int64 counts of ticks and lots in a random walk, and the file's float64 in a replay.
    """

    timestamp: Column
    open: Column
    high: Column
    low: Column
    close: Column
    volume: Column

    def columns(self) -> tuple[Column, Column, Column, Column, Column, Column]:
        return self.timestamp, self.open, self.high, self.low, self.close, self.volume

    def __len__(self) -> int:
        return len(self.timestamp)

    def __getitem__(self, chosen: slice | Column) -> Self:
        return type(self)(*(column[chosen] for column in self.columns()))

    def between(self, start_ms: int, end_ms: int) -> Self:
        """Those that open in [start, end)."""
        first, last = np.searchsorted(self.timestamp, (start_ms, end_ms))
        return self[int(first) : int(last)]

    def without(self, intervals: Sequence[tuple[int, int]], length_ms: int) -> Self:
        """Those that overlap none of the half-open `intervals`; each candle lasts `length_ms`."""
        kept = np.ones(len(self), dtype=bool)
        for start_ms, end_ms in intervals:
            kept &= (self.timestamp >= end_ms) | (self.timestamp + length_ms <= start_ms)
        return self if kept.all() else self[kept]


def concatenate(parts: Sequence[Candles]) -> Candles:
    """One run of candles out of several that follow each other in time."""
    if len(parts) == 1:
        return parts[0]
    return Candles(*(np.concatenate(columns) for columns in zip(*(p.columns() for p in parts), strict=True)))


def merge(parts: Sequence[Candles]) -> Candles:
    """Several runs of candles in the order of their open times."""
    joined = concatenate(parts)
    return joined[np.argsort(joined.timestamp, kind="stable")]


def aggregate(candles: Candles, timeframe_ms: int) -> Candles:
    """First open, highest high, lowest low, last close and summed volume of each timeframe that has a candle."""
    if not len(candles):
        return candles
    opens = candles.timestamp // timeframe_ms * timeframe_ms
    first = np.flatnonzero(np.diff(opens, prepend=opens[0] - 1))
    last = np.append(first[1:], len(candles)) - 1
    return Candles(
        timestamp=opens[first],
        open=candles.open[first],
        high=np.maximum.reduceat(candles.high, first),
        low=np.minimum.reduceat(candles.low, first),
        close=candles.close[last],
        volume=np.add.reduceat(candles.volume, first),
    )
