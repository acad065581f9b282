"""Candles for backtrader: streamed in chunks, or all at once into its lines.

What backtrader's own feeds spend on a bar (an attribute for each line, an index through three properties, a date and
back) is left out where nobody asked for it; whatever it offers beyond (filters, resampling, dates) goes its way.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from shared.market import Frame, Series
from shared.market.frame import Column
from trader.bt.library import bt

#: Where candles come from: a frame, frames one after the other, or what gives them anew for each run.
Source = Frame | Iterable[Frame] | Callable[[], Iterable[Frame]]

_UNITS = {"s": "Seconds", "m": "Minutes", "h": "Minutes", "d": "Days"}


def days(timestamps: npt.NDArray[np.int64]) -> Column:
    """backtrader's time, days since the year 1, of open times in ms UTC: what its `date2num` says, to the bit.

    Whole days and the part of one are summed as that does; the quotient of both at once is a bit off now and then.
    """
    seconds = timestamps // 1000
    found: Column = (719_163 + seconds // 86_400).astype(np.float64) + seconds % 86_400 / 86_400.0
    return found


def feed(source: Source, series: Series | None = None, columns: Sequence[str] = (), **options: object) -> "CandleFeed":
    """A data feed to add to cerebro; `columns` of the frames become lines of the same name beside the prices.

    A bar's time is its open time, UTC without a zone. `options` are those of any backtrader feed.
    """
    if series is not None:
        options = {"name": series.symbol, **_timeframe(series), **options}
    kind = type("CandleFeed", (CandleFeed,), {"lines": tuple(columns)}) if columns else CandleFeed
    found: CandleFeed = kind(dataname=source, **options)
    return found


class CandleFeed(bt.feed.DataBase):  # type: ignore[misc]  # backtrader knows no types
    """Gives bar after bar where memory is to stay constant (`exactbars`), and fills the lines at once otherwise."""

    params = (("keep", 100),)

    def qbuffer(self, savemem: int = 0, replaying: bool = False) -> None:  # noqa: FBT001
        """With `exactbars` so many bars as `keep` stay readable: of one, `close[-1]` would silently be `close[0]`."""
        super().qbuffer(savemem, replaying)
        for line in self.lines:
            line.minbuffer(self.p.keep)

    def start(self) -> None:
        """Begin with the first chunk."""
        super().start()
        self._chunks = _chunks(self.p.dataname)
        self._own = [getattr(self.lines, name) for name in self.getlinealiases()]
        self._rows: Iterator[tuple[float, ...]] = iter(())
        self._is_plain = not (self._filters or self.p.fromdate or self.p.todate or self.p.tzinput)

    def preload(self) -> None:
        """All bars at once: every chunk is copied into the lines as it comes."""
        if not self._is_plain:
            super().preload()
            return
        for chunk in self._chunks:
            for line, column in zip(self._own, self._columns(chunk), strict=True):
                line.array.frombytes(column.tobytes())
        self.home()

    def load(self) -> bool | None:
        """The next bar, if there is one."""
        if not self._is_plain:
            found: bool | None = super().load()
            return found
        row = self._next_row()
        if row is None:
            return False
        for line, value in zip(self._own, row, strict=True):
            line.forward(value)
        return True

    def _load(self) -> bool:
        row = self._next_row()
        if row is None:
            return False
        for line, value in zip(self._own, row, strict=True):
            line[0] = value
        return True

    def advance(self, size: int = 1, datamaster: object = None, ticks: bool = True) -> None:  # noqa: FBT001
        """On to the next bar of those that are there."""
        if datamaster is not None or not self._is_plain:
            super().advance(size, datamaster, ticks)
            return
        for line in self._own:
            line._idx += size
            line.lencount += size

    def _tick_nullify(self) -> None:
        """Only a bar that is still made has ticks; the broker looks at the lines where there are none."""
        if not self._is_plain:
            super()._tick_nullify()

    def _tick_fill(self, force: bool = False) -> None:  # noqa: FBT001
        if not self._is_plain:
            super()._tick_fill(force)

    def _next_row(self) -> tuple[float, ...] | None:
        row = next(self._rows, None)
        while row is None:
            chunk = next(self._chunks, None)
            if chunk is None:
                return None
            self._rows = zip(*(column.tolist() for column in self._columns(chunk)), strict=True)
            row = next(self._rows, None)
        return row

    def _columns(self, chunk: Frame) -> Iterator[Column]:
        """As the lines are ordered."""
        for name in self.getlinealiases():
            if name == "datetime":
                yield days(chunk.timestamps)
            elif name == "openinterest":
                yield np.zeros(len(chunk))
            else:
                yield np.ascontiguousarray(chunk[name], dtype=np.float64)


def _chunks(source: Source) -> Iterator[Frame]:
    if isinstance(source, Frame):
        return iter((source,))
    return iter(source() if callable(source) else source)


def _timeframe(series: Series) -> dict[str, int]:
    number, unit = int(series.timeframe[:-1]), series.timeframe[-1]
    return {"timeframe": getattr(bt.TimeFrame, _UNITS[unit]), "compression": number * (60 if unit == "h" else 1)}
