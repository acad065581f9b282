"""What strategies see: a process keeps the newest rows of each series, and columns on them, for all its strategies.

A column's values come of a run that begins at the candle's anchor (shared.indicators.anchor), so it makes no difference
whether they were kept up candle by candle or are computed now. Kernels of the catalogue are kept up; other functions
are computed over the whole run each time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import Connection

from shared import candles
from shared.candles import Known
from shared.indicators import Named, with_indicators
from shared.indicators import Running as Kernel
from shared.indicators.anchor import anchor, block
from shared.market import Frame, Indicator, Series
from shared.market.frame import Column

_PRICES = ("open", "high", "low", "close", "volume")
#: A run is three blocks at most; the fourth is for candles that are made up for.
_RUN_BLOCKS, _READ_BLOCKS = 3, 4


class Frames:
    """The rows of the series that one process looks at: read once, and lengthened as candles close."""

    def __init__(self) -> None:
        self._rows: dict[Series, _Rows] = {}

    def shown(self, connection: Connection, series: Series, candle: int, warm_up: int) -> "Shown | None":
        """What a strategy is shown when the candle that opens at `candle` (ms) has closed.

        None if fewer than `warm_up` candles reach up to it without a gap of coverage: what lies behind a gap that is
        still to be fetched is of another time.
        """
        known = candles.known(connection, series, candle)
        if known is None:
            return None
        length = block(series.step, warm_up)
        per_block, rows = length // series.step, self._rows.get(series)
        if rows is None or not rows.are_as(connection, known):
            rows = _Rows.read(connection, series, known, candle, _READ_BLOCKS * per_block)
        rows.lengthen(connection, candle)
        if not rows.reach(candle, _RUN_BLOCKS * per_block):  # asked last: what was kept for others has been cut by now
            longer = _Rows.read(connection, series, known, candle, _READ_BLOCKS * per_block)
            longer.lengthen(connection, rows.newest)
            longer.runs, rows = rows.runs, longer
        self._rows[series] = rows
        return rows.shown(candle, length, warm_up)


@dataclass
class _Rows:
    """One series: its rows up to the newest that was asked for, and the runs of kernels on them.

    `is_whole` if they reach back to where the unbroken history begins; `count` is how many were read at first.
    """

    series: Series
    known: Known
    frame: Frame
    count: int
    is_whole: bool
    runs: "dict[tuple[object, int], _Run]" = field(default_factory=dict)

    @classmethod
    def read(cls, connection: Connection, series: Series, known: Known, candle: int, count: int) -> "_Rows":
        """The newest `count` rows up to the candle."""
        frame = candles.frame(connection, series, candle, count, known.since)
        return cls(series, known, _read_only(frame), count, len(frame) < count)

    def are_as(self, connection: Connection, known: Known) -> bool:
        """Whether they still are what is stored: no row of theirs was revised, and none has come late or gone."""
        if known == self.known:
            return True
        if known.since != self.known.since or not len(self.frame):
            return False
        first = int(self.frame.timestamps[0])
        if candles.is_revised(connection, self.series, self.known.revision, first, self.newest):
            return False
        if candles.count(connection, self.series, first, self.newest) != len(self.frame):
            return False
        self.known = known
        return True

    @property
    def newest(self) -> int:
        """The open time (ms) of the last row; without any, what comes before the first."""
        return int(self.frame.timestamps[-1]) if len(self.frame) else self.known.since - 1

    def reach(self, candle: int, count: int) -> bool:
        """Whether so many rows reach up to the candle, or as many as there are."""
        return self.is_whole or self._row(candle) >= count

    def lengthen(self, connection: Connection, candle: int) -> None:
        """Add the rows that came after the newest; runs that nobody asked for at the newest are forgotten."""
        if candle <= self.newest:
            return
        more = candles.frame(connection, self.series, candle, _ALL, self.newest + 1)
        if not len(more):
            return
        self.runs = {key: run for key, run in self.runs.items() if run.asked >= self.newest}
        keep = len(self.frame) if len(self.frame) <= 2 * self.count else self.count
        self.is_whole &= keep == len(self.frame)
        self.frame = _read_only(_joined(self.frame.last(keep), more))

    def shown(self, candle: int, length: int, warm_up: int) -> "Shown | None":
        """What a strategy sees of them; `length` (ms) is that of a block."""
        row, times = self._row(candle), self.frame.timestamps
        if row < 0:
            return None
        begin, own = anchor(times, row, length, warm_up), int(np.searchsorted(times, times[row] // length * length))
        upto = self.frame.until(row + 1)
        run = upto.last(row + 1 - begin)
        return Shown(run, upto.last(row + 1 - own), warm_up, self.runs) if len(run) >= warm_up else None

    def _row(self, candle: int) -> int:
        return int(np.searchsorted(self.frame.timestamps, candle, side="right")) - 1


@dataclass(frozen=True)
class Shown:
    """A strategy's rows from the anchor on, `run`, of which it sees the newest `warm_up`.

    `next_run` is what there is of the run that candles of the next block will have: it is kept up as well, so that no
    candle has to wait for a whole block.
    """

    run: Frame
    next_run: Frame
    warm_up: int
    runs: "dict[tuple[object, int], _Run]"

    def frame(self, indicators: Mapping[str, Indicator]) -> Frame:
        """With a column for each indicator; not to be written to, others see the same."""
        named = {name: each for name, each in indicators.items() if isinstance(each, Named)}
        kept = {name: self._kept(self.run, each) for name, each in named.items()}
        for each in named.values():
            self._kept(self.next_run, each)
        others = {name: each for name, each in indicators.items() if name not in named}
        return _read_only(with_indicators(self.run, others).with_columns(kept), others).last(self.warm_up)

    def _kept(self, rows: Frame, wanted: Named) -> Column:
        key = (wanted.run, int(rows.timestamps[0]))
        if key not in self.runs:
            self.runs[key] = _Run(Kernel(wanted), np.empty((len(wanted.kernel.outputs), 0)))
        values: Column = self.runs[key].upto(rows)[wanted.place]
        return values


@dataclass
class _Run:
    """A kernel and what it gave so far, a row of `values` for each output; `asked` is the newest candle it was for."""

    kernel: Kernel
    values: Column
    asked: int = 0

    def upto(self, rows: Frame) -> Column:
        """The values for these rows, which begin where it began."""
        self.asked = max(self.asked, int(rows.timestamps[-1]))
        done = self.values.shape[1]
        if done < len(rows):
            new = zip(*(column[done:].tolist() for column in _columns(rows)), strict=True)
            self.values = np.hstack([self.values, np.array([self.kernel.update(*each) for each in new]).T])
            self.values.flags.writeable = False
        return self.values[:, : len(rows)]


#: More than there can be after the newest row.
_ALL = 2**31


def _columns(frame: Frame) -> list[Column]:
    return [frame.timestamps, *(frame[name] for name in _PRICES)]  # type: ignore[list-item]  # integers, to be floats


def _joined(one: Frame, other: Frame) -> Frame:
    prices = {name: np.concatenate([one[name], other[name]]) for name in _PRICES}
    return Frame(np.concatenate([one.timestamps, other.timestamps]), prices)


def _read_only(frame: Frame, names: "Mapping[str, object] | tuple[str, ...]" = _PRICES) -> Frame:
    columns = {name: frame[name].view() for name in names}
    for column in (frame.timestamps, *columns.values()):
        column.flags.writeable = False
    return frame.with_columns(columns)
