"""One of our strategies inside backtrader, where its analyzers and observers look on."""

import traceback
from dataclasses import replace
from operator import itemgetter

from shared.errors import StrategyError, as_text
from shared.market import Frame
from shared.trading import Signal
from trader.backtest.lanes import lanes_of, runs_of
from trader.backtest.window import Window
from trader.bt.library import bt
from trader.bt.tape import Tape
from trader.running import Running


class Shown:
    """What a strategy sees of a tape: the last `warm_up` rows, its columns from the run of the newest one's anchor."""

    def __init__(self, tape: Tape, running: Running, warm_up: int, block: int) -> None:
        self._tape, self._running, self._warm_up, self._block = tape, running, warm_up, block
        self._stretch: Frame | None = None

    def frame(self) -> Frame | None:
        """For the newest candle; None if there are too few before it."""
        tape = self._tape
        if tape.row < self._warm_up - 1:
            return None
        if tape.frame is not self._stretch:
            self._stretch = tape.frame
            runs = runs_of(tape.frame, tape.begins, self._block, self._warm_up)
            lanes = lanes_of(tape.frame, self._running.indicators, runs)
            self._coming = sorted(((run.end, lane.frame) for lane in lanes for run in lane.runs), key=itemgetter(0))
            self._coming.reverse()
        while tape.row >= self._coming[-1][0]:
            self._coming.pop()
        return Window(self._coming[-1][1], tape.row + 1 - self._warm_up, tape.row + 1)


class Inside(bt.Strategy):  # type: ignore[misc]  # backtrader knows no types
    """Asks `running`'s strategy on every candle, whatever its `entries` and `exits` say: the desk gets its signal."""

    params = (("running", None), ("shown", None))

    def next(self) -> None:
        """The newest candle has closed."""
        frame = self.p.shown.frame()
        if frame is not None:
            self.broker.decide(_asked(self.p.running, frame, self.broker.position))


def _asked(running: Running, frame: Frame, position: object) -> Signal:
    try:
        signal = running.strategy.decide(frame, position)  # type: ignore[arg-type]  # backtrader knows no types
        if not isinstance(signal, Signal):
            raise TypeError(f"it decided {signal!r}: decide() must return a Signal")
        return replace(signal, reason=as_text(signal.reason))
    except (Exception, SystemExit) as error:
        failed = f"decide() on the candle {frame.timestamps[-1]} failed"
        raise StrategyError(f"{running.id}: {failed}:\n{traceback.format_exc(limit=-5)}") from error
