"""History as backtrader's feed takes it, and where on it a run stands."""

from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np

from shared.market import Candle, Frame
from trader.backtest.curve import CurveKeeper
from trader.backtest.spec import Backtest
from trader.backtest.stretches import Stretch
from trader.backtest.volume import minute_volume
from trader.paper.matching import Traded

_NAMES = ("open", "high", "low", "close", "volume")


class Tape:
    """Stretch after stretch, each when the feed asks for its first candle; a run takes a step for each bar.

    `frame` is the stretch that is gone through, `row` the newest candle's in it. With `run_in` the feed gets what is
    before the test's start, too, for indicators that backtrader computes.
    """

    def __init__(
        self, backtest: Backtest, stretches: Iterable[Stretch], curve: CurveKeeper, *, run_in: bool = False
    ) -> None:
        self._start, self._end, self._step = backtest.start, backtest.end, backtest.series.step
        self._stretches, self._curve, self._run_in = stretches, curve, run_in

    def chunks(self) -> Iterator[Frame]:
        """The candles for the feed."""
        for stretch in self._stretches:
            self.frame, self.begins = stretch.frame, stretch.begins
            self._first, self._stop = self._within(stretch)
            first = self.begins if self._run_in else self._first
            if first < self._stop:
                self.row = first - 1
                self._curve.begin(self._first)
                yield self.frame.until(self._stop).last(self._stop - first)

    @property
    def has_begun(self) -> bool:
        """Whether the newest candle belongs to the test."""
        return self.row >= self._first

    def step(self) -> Candle:
        """On to the next candle."""
        self.row += 1
        return Candle(int(self.frame.timestamps[self.row]), *(float(self.frame[name][self.row]) for name in _NAMES))

    def note(self) -> None:
        """Orders have met the newest candle: enter it in the course of equity."""
        if self.has_begun:
            self._curve.note(self.row)
        if self.row == self._stop - 1:
            self._curve.finish(self.frame, self._first, self._stop)

    def traded(self) -> Traded:
        """How much traded in the minute before a moment of the newest candle."""
        return partial(minute_volume, self.frame.timestamps, self.frame.volume, self.row, self._step)

    def _within(self, stretch: Stretch) -> tuple[int, int]:
        times, first = stretch.frame.timestamps, stretch.begins
        if self._start is not None:
            first = max(first, int(np.searchsorted(times, self._start)))
        return first, len(times) if self._end is None else int(np.searchsorted(times, self._end))
