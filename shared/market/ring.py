"""The newest candles of a series in memory: closed ones, and the one that is forming."""

from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.market.candle import Candle
from shared.market.coverage import Interval
from shared.market.frame import Frame
from shared.market.running import RunningIndicator

_CANDLE = ("timestamp", "open", "high", "low", "close", "volume")
_KEPT = len(_CANDLE)
_FIRST_INDICATOR = _KEPT + 1


class Ring:
    """The newest `capacity` candles. The newest may be forming, and is updated in place until it closes.

    A full ring lets its oldest candle go only after `kept` has said that it is in the datastore. While the datastore
    can't be written the ring grows instead: 56 bytes a candle, so a day of one-second candles is 5 MB.

        ring = Ring(capacity=500, indicators={"ema_10": Ema(10), "volume_10": Ema(10, of="volume")})
        ring.update(candle)                 # at every message of a stream
        ring.frame()["ema_10"][-1]
    """

    def __init__(self, capacity: int = 500, indicators: Mapping[str, RunningIndicator] | None = None) -> None:
        """`indicators` are fresh ones, of this ring's own; each becomes a column of its name."""
        if capacity < 1:
            raise ValueError(f"a ring holds 1 candle or more, got {capacity}")
        self.capacity = capacity
        self._before = {name: copy(indicator) for name, indicator in (indicators or {}).items()}
        self._running = {name: copy(indicator) for name, indicator in self._before.items()}
        self._columns = np.empty((_FIRST_INDICATOR + len(self._before), 2 * capacity))
        self._start = self._end = 0
        self._newest_closed = True
        self._gone = -1

    def __len__(self) -> int:
        """How many candles are held, the forming one included; more than `capacity` while some must not go yet."""
        return self._end - self._start

    @property
    def newest(self) -> int | None:
        """Open time (ms) of the newest candle; None in an empty ring."""
        return int(self._columns[0, self._end - 1]) if len(self) else None

    @property
    def forming(self) -> Candle | None:
        """The newest candle, if it has not been closed; None otherwise."""
        return None if self._newest_closed else self._candle(self._end - 1)

    def update(self, candle: Candle, *, closed: bool = False) -> bool:
        """Take in what is known of a candle now; returns whether that changed anything.

        A newer candle than the newest closes that one. News of an older one count only if they are `closed`, final
        that is: they are put in their place, and the indicators are computed again from there. What is older than all
        that has gone to the datastore is no news.
        """
        newest = self.newest
        if newest is None or candle.timestamp > newest:
            self._append(candle, closed=closed)
        elif candle.timestamp == newest and not self._newest_closed:
            self._write(self._end - 1, candle, closed=closed)
        elif not closed or candle.timestamp <= self._gone or not self._amend(candle):
            return False
        self._let_go()
        return True

    def kept(self, stored: Interval) -> None:
        """The closed candles in this interval are in the datastore: when the ring is full, they may go."""
        times = self._columns[0, self._start : self._end if self._newest_closed else self._end - 1]
        first, last = np.searchsorted(times, (stored.start, stored.end))
        self._columns[_KEPT, self._start + first : self._start + last] = 1
        self._let_go()

    def fill(self, frame: Frame) -> None:
        """Take in closed candles that come from the datastore, after a start for example."""
        for candle in map(Candle, frame.timestamps.tolist(), *(frame[name].tolist() for name in _CANDLE[1:])):
            self.update(candle, closed=True)
            self.kept(Interval(candle.timestamp, candle.timestamp + 1))

    def candles(self, since: int = 0, until: int = 2**53) -> Iterator[Candle]:
        """The candles held that open from `since` to before `until` (ms), ascending, the forming one included."""
        first, last = np.searchsorted(self._columns[0, self._start : self._end], (since, until))
        return map(self._candle, range(self._start + int(first), self._start + int(last)))

    def unkept(self) -> list[Candle]:
        """The closed candles that are not in the datastore yet, ascending."""
        end = self._end if self._newest_closed else self._end - 1
        return [
            self._candle(self._start + int(at)) for at in np.flatnonzero(self._columns[_KEPT, self._start : end] == 0)
        ]

    def frame(self) -> Frame:
        """The newest `capacity` candles and the indicators, in one copy of their own that later updates leave alone."""
        shown = self._columns[:, max(self._start, self._end - self.capacity) : self._end].copy()
        columns = dict(zip(_CANDLE[1:], shown[1:_KEPT], strict=True))
        columns |= zip(self._before, shown[_FIRST_INDICATOR:], strict=True)
        timestamps: npt.NDArray[np.int64] = shown[0].astype(np.int64)
        return Frame(timestamps, columns)

    def dataframe(self) -> Any:
        """The same as a pandas DataFrame, its index the open times in UTC. Only this imports pandas (80 MB)."""
        import pandas as pd  # noqa: PLC0415 - heavy, and only for those who ask

        frame = self.frame()
        index = pd.to_datetime(frame.timestamps, unit="ms", utc=True).rename("timestamp")
        return pd.DataFrame({name: frame[name] for name in (*_CANDLE[1:], *self._before)}, index=index)

    def _candle(self, at: int) -> Candle:
        timestamp, *prices = self._columns[:_KEPT, at].tolist()
        return Candle(int(timestamp), *prices)

    def _append(self, candle: Candle, *, closed: bool) -> None:
        if not self._newest_closed:
            last = self._end - 1
            self._indicate(last, self._candle(last), closed=True)
        if self._end == self._columns.shape[1]:
            self._make_room()
        self._end += 1
        self._write(self._end - 1, candle, closed=closed)

    def _write(self, at: int, candle: Candle, *, closed: bool) -> None:
        """Write the newest candle."""
        self._columns[:_KEPT, at] = candle
        self._columns[_KEPT, at] = 0
        self._newest_closed = closed
        self._indicate(at, candle, closed=closed)

    def _indicate(self, at: int, candle: Candle, *, closed: bool) -> None:
        for row, indicator in enumerate(self._running.values(), _FIRST_INDICATOR):
            self._columns[row, at] = indicator.update(candle, closed=closed)

    def _amend(self, candle: Candle) -> bool:
        """Put a closed candle among or over the older ones."""
        if self._end == self._columns.shape[1]:
            self._make_room()
        at = self._start + int(np.searchsorted(self._columns[0, self._start : self._end], candle.timestamp))
        if self._columns[0, at] != candle.timestamp:
            self._columns[:, at + 1 : self._end + 1] = self._columns[:, at : self._end].copy()
            self._end += 1
        elif self._candle(at) == candle:
            return False
        self._columns[:_KEPT, at] = candle
        self._columns[_KEPT, at] = 0
        self._recompute()
        return True

    def _recompute(self) -> None:
        self._running = {name: copy(indicator) for name, indicator in self._before.items()}
        for at in range(self._start, self._end) if self._running else ():
            self._indicate(at, self._candle(at), closed=at < self._end - 1 or self._newest_closed)

    def _let_go(self) -> None:
        while len(self) > self.capacity and self._columns[_KEPT, self._start]:
            candle = self._candle(self._start)
            for indicator in self._before.values():
                indicator.update(candle, closed=True)
            self._gone = candle.timestamp
            self._start += 1

    def _make_room(self) -> None:
        """Begin anew at the left of an array that is half empty; what was handed out before is copies."""
        held = self._columns[:, self._start : self._end]
        self._columns = np.empty((held.shape[0], 2 * max(self.capacity, held.shape[1])))
        self._columns[:, : held.shape[1]] = held
        self._start, self._end = 0, held.shape[1]
