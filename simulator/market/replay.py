"""A recorded series served as it is: a Parquet or CSV file with timestamp, open, high, low, close, volume."""

import csv
from pathlib import Path
from typing import Any, Final

import numpy as np

from simulator.market.candles import Candles, Column
from simulator.market.timeframe import DAY_MS, SECOND_MS, floor

COLUMNS: Final = ("timestamp", "open", "high", "low", "close", "volume")


class Replay:
    """Candles of one file, in its own doubles. Inside a candle the price goes open, extreme, extreme, close."""

    fine_ms = SECOND_MS
    continuous = True

    def __init__(self, candles: Candles, timeframe_ms: int) -> None:
        if not len(candles):
            raise ValueError("the file to replay has no candle")
        if (np.diff(candles.timestamp) <= 0).any() or (candles.timestamp % timeframe_ms).any():
            raise ValueError("the timestamps to replay must rise and be multiples of the timeframe")
        self._candles = candles
        self.base_ms = timeframe_ms
        self.since_ms = self.fine_since_ms = int(candles.timestamp[0])
        self.until_ms = int(candles.timestamp[-1]) + timeframe_ms

    def base(self, start_ms: int, end_ms: int) -> Candles:
        return self._candles.between(start_ms, end_ms)

    def fine(self, start_ms: int, end_ms: int) -> Candles:
        """Seconds that open in [start, end) of the candles that the file has."""
        if self.base_ms == SECOND_MS:
            return self.base(start_ms, end_ms)
        return _path(self.base(floor(start_ms, self.base_ms), end_ms), self.base_ms).between(start_ms, end_ms)

    def price(self, now_ms: int) -> Any:
        """Where the second that is running opened; in a gap and after the end, the last close before."""
        second = floor(now_ms, SECOND_MS)
        here = self.fine(second, second + SECOND_MS)
        if len(here):
            return here.open[0]
        before = int(np.searchsorted(self._candles.timestamp, second))
        return self._candles.close[before - 1] if before else self._candles.open[0]


def _path(candles: Candles, timeframe_ms: int) -> Candles:
    """Each candle as seconds that aggregate to it: from open to one extreme, to the other, to its close."""
    steps = timeframe_ms // SECOND_MS
    rising = candles.close >= candles.open
    first = np.where(rising, candles.low, candles.high)
    second = np.where(rising, candles.high, candles.low)
    corner = [0, steps // 3, 2 * steps // 3, steps]
    legs = ((candles.open, first), (first, second), (second, candles.close))
    lines = [candles.open[:, None]]
    for (start, end), left, right in zip(legs, corner[:-1], corner[1:], strict=True):
        lines.append(
            np.linspace(start, end, right - left, axis=1, endpoint=False) + ((end - start) / (right - left))[:, None]
        )
        lines[-1][:, -1] = end
    points = np.clip(np.concatenate(lines, axis=1), candles.low[:, None], candles.high[:, None])
    opened, closed = points[:, :-1], points[:, 1:]
    times = candles.timestamp[:, None] + np.arange(steps) * SECOND_MS
    volume = np.repeat(candles.volume / steps, steps)
    high, low = np.maximum(opened, closed), np.minimum(opened, closed)
    return Candles(times.ravel(), opened.ravel(), high.ravel(), low.ravel(), closed.ravel(), volume)


def read(path: Path) -> Candles:
    """The candles of a .parquet or .csv file (with a header), timestamps in int64 ms UTC, the rest float64."""
    columns = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise ValueError(f"{path} lacks the columns {', '.join(missing)}; it needs {', '.join(COLUMNS)}")
    timestamp = np.asarray(columns["timestamp"], dtype=np.int64)
    return Candles(timestamp, *(np.asarray(columns[name], dtype=np.float64) for name in COLUMNS[1:]))


def shift_to(candles: Candles, timeframe_ms: int, now_ms: int, live_from_ms: int | None) -> Candles:
    """The same candles moved so that `live_from` of the file is about now and what follows plays at real speed.

    Without `live_from` the last one to two days are left to play and the shift is a whole number of days, so
    that a restart on the same day serves the same history; a shorter file plays its second half.
    """
    first, last = int(candles.timestamp[0]), int(candles.timestamp[-1])
    if live_from_ms is None and last - first > 3 * DAY_MS:
        shift_ms = floor(now_ms - (last - 2 * DAY_MS), DAY_MS)
    else:
        shift_ms = floor(now_ms - (live_from_ms or (first + last) // 2), timeframe_ms)
    return Candles(candles.timestamp + shift_ms, *candles.columns()[1:])


def _parquet(path: Path) -> dict[str, Column]:
    import pyarrow.parquet  # noqa: PLC0415  only a replayed Parquet file needs it

    table = pyarrow.parquet.read_table(path, columns=list(COLUMNS))
    return {name: table.column(name).to_numpy() for name in table.column_names}


def _csv(path: Path) -> dict[str, Column]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    present = [name for name in COLUMNS if rows and name in rows[0]]
    return {name: np.array([float(row[name]) for row in rows]) for name in present}
