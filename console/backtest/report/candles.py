"""Candles joined to longer ones until they are few enough to be drawn, in one pass and constant memory."""

from collections.abc import Iterable, Iterator

import numpy as np

from shared.market import Frame

#: A year of hours; about half a megabyte of text.
MOST = 10_000
_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
_STEPS = (
    *(count * _SECOND for count in (1, 5, 15, 30)),
    *(count * _MINUTE for count in (1, 5, 15, 30)),
    *(count * _HOUR for count in (1, 2, 4, 12)),
    *(count * _DAY for count in (1, 7)),
)


class Thinned:
    """Takes in candles of `step` ms that open from `start` to before `end` (ms; None: without bound)."""

    def __init__(self, step: int, start: int | None = None, end: int | None = None, most: int = MOST) -> None:
        self.step, self.count = step, 0
        self._start, self._end, self._most = start, end, most
        self._held: Frame | None = None

    @property
    def frame(self) -> Frame | None:
        """What was seen so far, in candles of `step` ms; None if that is nothing."""
        return self._held

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Hand the frames on, and take them in on the way."""
        for frame in frames:
            self.add(frame)
            yield frame

    def add(self, frame: Frame) -> None:
        """Take in candles that follow those before; longer ones are made once they are too many."""
        first = 0 if self._start is None else int(np.searchsorted(frame.timestamps, self._start))
        last = len(frame) if self._end is None else int(np.searchsorted(frame.timestamps, self._end))
        if first >= last:
            return
        self.count += last - first
        new = joined(frame.until(last).last(last - first), self.step)
        self._held = new if self._held is None else joined(_after(self._held, new), self.step)
        while len(self._held) > self._most:
            self.step = _longer(self.step)
            self._held = joined(self._held, self.step)


def joined(frame: Frame, step: int) -> Frame:
    """Candles of `step` ms made of shorter ones; no price between the lowest and the highest is lost."""
    places = frame.timestamps // step
    firsts = np.flatnonzero(np.diff(places, prepend=places[0] - 1))
    lasts = np.append(firsts[1:], len(places)) - 1
    return Frame(
        places[firsts] * step,
        {
            "open": frame.open[firsts],
            "high": np.maximum.reduceat(frame.high, firsts),
            "low": np.minimum.reduceat(frame.low, firsts),
            "close": frame.close[lasts],
            "volume": np.add.reduceat(frame.volume, firsts),
        },
    )


def _after(before: Frame, new: Frame) -> Frame:
    names = ("open", "high", "low", "close", "volume")
    times = np.concatenate([before.timestamps, new.timestamps])
    return Frame(times, {name: np.concatenate([before[name], new[name]]) for name in names})


def _longer(step: int) -> int:
    """The next usual length that is made of whole candles of this one."""
    return next((each for each in _STEPS if each > step and each % step == 0), 2 * step)
