"""Asking a strategy about candles, as a trader does and in ways no trader would."""

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from time import perf_counter
from typing import NamedTuple

from shared.errors import StrategyError
from shared.indicators import with_indicators
from shared.market import Frame
from shared.trading import Position, Signal, Strategy
from trader.loading import Needs

FLAT = Position()


class Decision(NamedTuple):
    """What it does on a candle if it holds nothing, and if it holds one unit bought at the candle's open."""

    flat: Signal
    long: Signal


#: What is shown of a history when the candle in a row has closed.
View = Callable[[int], Frame]


@dataclass(frozen=True)
class Views:
    """The ways to show a history; each gives the candle in a row as the last one."""

    history: Frame
    needs: Needs

    def live(self, row: int) -> Frame:
        """What a trader has at least: so many candles as the warm-up asks for, the columns computed on them alone."""
        return self._windows(row, self.needs.warm_up)

    def twice(self, row: int) -> Frame:
        """Twice as many."""
        return self._windows(row, 2 * self.needs.warm_up)

    def long(self, row: int) -> Frame:
        """As many rows as live, the columns computed on all candles up to this one."""
        return self._columns(self.history.until(row + 1)).last(self.needs.warm_up)

    def hindsight(self) -> View:
        """The same, the columns computed on all candles, later ones too."""
        whole = self._columns(self.history)
        return lambda row: whole.until(row + 1).last(self.needs.warm_up)

    def _windows(self, row: int, count: int) -> Frame:
        return self._columns(self.history.until(row + 1).last(count))

    def _columns(self, frame: Frame) -> Frame:
        try:
            return with_indicators(frame, self.needs.indicators)
        except (Exception, SystemExit) as error:
            raise StrategyError(f"columns of {len(frame):,} candles:\n{traceback.format_exc(limit=-4)}") from error


@dataclass
class Asking:
    """One strategy, asked candle by candle; how long it took for each is kept, in seconds."""

    strategy: Strategy
    seconds: list[float] = field(default_factory=list)

    def all(self, view: View, rows: Iterable[int]) -> dict[int, Decision]:
        """What it decides on each row; StrategyError carries the traceback of what it raised."""
        return {row: self.one(view, row) for row in rows}

    def one(self, view: View, row: int) -> Decision:
        """What it decides on one."""
        try:
            began = perf_counter()
            frame = view(row)
            flat = self.strategy.decide(frame, FLAT)
            self.seconds.append(perf_counter() - began)
            long = self.strategy.decide(frame, Position(Decimal(1), Decimal(repr(float(frame.open[-1])))))
        except StrategyError:
            raise
        except (Exception, SystemExit) as error:
            raise StrategyError(f"on candle {row}:\n{traceback.format_exc(limit=-4)}") from error
        for signal in (flat, long):
            if not isinstance(signal, Signal):
                raise StrategyError(f"on candle {row}: it decided {signal!r}: decide() must return a Signal")
        return Decision(flat, long)
