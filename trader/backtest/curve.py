"""Equity over a test: at each close in floats for the drawdown, and the closes at full hours to reckon it exactly."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.market import Frame
from shared.market.frame import Column
from trader.backtest.ledger import Ledger

_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Drawdown:
    """The deepest fall of equity (a fraction from 0 to 1) between two closes: the peak's and the bottom's (ms)."""

    depth: float = 0.0
    peak_ms: int | None = None
    bottom_ms: int | None = None


@dataclass(frozen=True)
class Kept:
    """What is known of the course of a test.

    `times` (ms) are the ends of the candles that close an hour, the first and the last of all; `closes` their closes.
    `held` is how many of the `candles` ended with a position.
    """

    times: npt.NDArray[np.int64]
    closes: Column
    drawdown: Drawdown
    candles: int
    held: int


class CurveKeeper:
    """Follows the books of a ledger through one stretch of history after the other."""

    def __init__(self, ledger: Ledger, step: int) -> None:
        self._ledger, self._step = ledger, step
        self._booked, self._edges = 0, [(0, float(ledger.books.cash), 0.0, False)]
        self._times, self._closes = list[int](), list[float]()
        self._peak, self._drawdown = float(ledger.books.cash), Drawdown()
        self._peak_ms: int | None = None
        self._candles = self._held = 0

    def begin(self, first: int) -> None:
        """A stretch begins at this row, with the books as they stand."""
        self._edges = [(first, *self._edges[-1][1:])]

    def note(self, row: int) -> None:
        """The candle in this row has closed: remember the books if they have changed."""
        if len(self._ledger.trades) == self._booked:
            return
        self._booked = len(self._ledger.trades)
        books = self._ledger.books
        self._edges.append((row, float(books.cash), float(books.position.amount), self._ledger.holds))

    def finish(self, frame: Frame, first: int, end: int) -> None:
        """Take in the closes of the stretch's rows."""
        if first >= end:
            return
        rows, cash, amount, holds = zip(*self._edges, strict=True)
        lengths = np.diff([*rows, end])
        times, closes = frame.timestamps[first:end], frame.close[first:end]
        equity = np.repeat(cash, lengths) + np.repeat(amount, lengths) * closes
        self._candles += len(closes)
        self._held += int(lengths[np.array(holds)].sum())
        self._note_drawdown(times, equity)
        self._note_hours(times, closes)

    def kept(self) -> Kept:
        """All of it."""
        times, closes = np.array(self._times, dtype=np.int64), np.array(self._closes, dtype=np.float64)
        return Kept(times, closes, self._drawdown, self._candles, self._held)

    def _note_drawdown(self, times: npt.NDArray[np.int64], equity: Column) -> None:
        peaks = np.maximum(np.maximum.accumulate(equity), self._peak)
        below = 1 - equity / peaks
        bottom = int(np.argmax(below))
        if below[bottom] > self._drawdown.depth:
            peak = np.flatnonzero(equity[: bottom + 1] == peaks[bottom])
            since = int(times[peak[0]]) + self._step if len(peak) else self._peak_ms
            self._drawdown = Drawdown(float(below[bottom]), since, int(times[bottom]) + self._step)
        if peaks[-1] > self._peak:
            self._peak, self._peak_ms = float(peaks[-1]), int(times[int(np.argmax(equity))]) + self._step

    def _note_hours(self, times: npt.NDArray[np.int64], closes: Column) -> None:
        """The last candle of each hour; the newest one of all stands in for its hour until that is over."""
        ends = times + self._step
        hours = (ends - 1) // _HOUR_MS
        last = np.append(np.flatnonzero(np.diff(hours)), len(hours) - 1)
        if len(self._times) > 1 and (self._times[-1] - 1) // _HOUR_MS == hours[0]:
            self._times.pop()
            self._closes.pop()
        if not self._times and last[0] != 0:
            last = np.insert(last, 0, 0)
        self._times += ends[last].tolist()
        self._closes += closes[last].tolist()
