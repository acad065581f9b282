"""The native backtest: the trader's own cycle over history, visiting only candles on which something can happen."""

import traceback
from array import array
from collections.abc import Iterable, Sequence
from functools import partial
from math import inf, nextafter

import numpy as np

from shared.errors import StrategyError
from shared.indicators.anchor import block as block_of
from shared.market import Candle, Frame, Market
from shared.market.frame import Column
from shared.trading import Books, Lease, Position, Rows, Signal, StateRow, Strategy
from trader.backtest.asked import Asked
from trader.backtest.curve import CurveKeeper
from trader.backtest.cycle import Cycle
from trader.backtest.lanes import Lane, lanes_of, load_compiled, runs_of
from trader.backtest.ledger import Ledger
from trader.backtest.outcome import Outcome
from trader.backtest.spec import Backtest
from trader.backtest.stretches import ROWS, Stretch, stretches
from trader.backtest.volume import minute_volume
from trader.backtest.window import Window
from trader.running import Running, prepare

#: A search for a price looks at so many rows first, then at twice as many, and so on.
_FIRST_LOOK = 256


def run(
    backtest: Backtest,
    strategy: Strategy,
    frames: Frame | Iterable[Frame],
    market: Market,
    *,
    breaks: Sequence[int] = (),
    rows: int = ROWS,
) -> Outcome:
    """Trade a strategy over history, which begins before `backtest.start` if that is to be decided on at once.

    `frames` follow each other and take constant memory however many there are: about `rows` candles are worked on at
    once. `breaks` (ms, ascending) are the ends of gaps that were never fetched: as in live trading nothing is decided
    behind one until its warm-up is there again. StrategyError if the strategy raises; StopError if the candles are out
    of order.
    """
    lease = Lease(backtest.strategy_id, "backtest", 1, 0, "")
    running = prepare(lease, backtest.series, strategy, limits=backtest.limits)
    warm_up = strategy.warm_up
    block = block_of(backtest.series.step, warm_up)
    engine = Engine(backtest, running, market, block)
    for stretch in stretches([frames] if isinstance(frames, Frame) else frames, block, warm_up, rows, breaks):
        engine.go_through(stretch)
    return engine.outcome()


class Engine:
    """Where the test stands between two stretches of history."""

    def __init__(self, backtest: Backtest, running: Running, market: Market, block: int) -> None:
        self._backtest, self._running, self._strategy, self._block = backtest, running, running.strategy, block
        self._warm_up = running.strategy.warm_up
        self._ledger = Ledger(market, Books(backtest.cash, Position()))
        self._cycle = Cycle(backtest, running, market, self._ledger, StateRow(backtest.strategy_id))
        self._curve = CurveKeeper(self._ledger, backtest.series.step)

    def go_through(self, stretch: Stretch) -> None:
        """Go through the candles that are new."""
        frame, begins = stretch.frame, stretch.begins
        if begins:
            load_compiled(self._running.indicators)
        first, end = self._within(frame, begins)
        lanes = lanes_of(frame, self._running.indicators, runs_of(frame, begins, self._block, self._warm_up))
        flat, held = self._rows(lanes, "entries", first, end), self._rows(lanes, "exits", first, end)
        where = _whereabouts(lanes, len(frame))
        times, volume, step = frame.timestamps, frame.volume, self._backtest.series.step
        self._curve.begin(first)
        row = self._next(first, flat, held, frame) if first < end else end
        while row < end:
            if self._cycle.is_busy:
                candle = _candle(frame, row)
                self._cycle.meet(candle, partial(minute_volume, times, volume, row, step))
                self._cycle.close(candle)
                self._curve.note(row)
            if row in (held if self._ledger.holds else flat):
                self._decide(lanes[where[row]].frame, row)
            row = self._next(row + 1, flat, held, frame)
        self._curve.finish(frame, first, end)

    def outcome(self) -> Outcome:
        """What it came to."""
        return Outcome.of(self._backtest, self._ledger, self._cycle.state, self._curve.kept())

    def _within(self, frame: Frame, begins: int) -> tuple[int, int]:
        """The new rows that lie within the test."""
        start, end = self._backtest.start, self._backtest.end
        first = begins if start is None else max(begins, int(np.searchsorted(frame.timestamps, start)))
        last = len(frame) if end is None else int(np.searchsorted(frame.timestamps, end))
        return first, max(first, last)

    def _rows(self, lanes: Sequence[Lane], which: str, first: int, end: int) -> Asked:
        """The rows on which the strategy is asked, ascending: where it says so, or all that have their warm-up."""
        begins = max(first, self._warm_up - 1)  # the frame has as many rows from before, if there were any
        found = np.zeros(end, dtype=np.bool_)
        for lane in lanes:
            said = self._said(lane.frame, which)
            if said is None:
                return Asked(range(begins, end), end)
            for run in lane.runs:
                found[run.first : run.end] = said[run.first : min(run.end, end)] if run.first < end else ()
        found[:begins] = False
        return Asked(np.flatnonzero(found).tolist(), end)

    def _said(self, frame: Frame, which: str) -> Rows | None:
        try:
            said = getattr(self._strategy, which)(frame)
        except (Exception, SystemExit) as error:
            raise self._failed(f"{which}()") from error
        if said is None:
            return None
        rows = np.asarray(said)
        if rows.shape != (len(frame),) or rows.dtype != np.bool_:
            raise StrategyError(
                f"{self._running.id}: {which}() must return True or False for each of {len(frame)} rows,"
                f" not {rows.dtype} of the shape {rows.shape}"
            )
        return rows

    def _decide(self, frame: Frame, row: int) -> None:
        position = self._ledger.books.position
        if not self._ledger.holds:
            position = Position(realized_pnl=position.realized_pnl, fees=position.fees)
        try:
            signal = self._strategy.decide(Window(frame, row + 1 - self._warm_up, row + 1), position)
            if not isinstance(signal, Signal):
                raise TypeError(f"it decided {signal!r}: decide() must return a Signal")
        except (Exception, SystemExit) as error:
            raise self._failed(f"decide() on the candle {frame.timestamps[row]}") from error
        if not signal.is_hold:
            self._cycle.decide(signal, _candle(frame, row))

    def _failed(self, what: str) -> StrategyError:
        return StrategyError(f"{self._running.id}: {what} failed:\n{traceback.format_exc(limit=-5)}")

    def _next(self, row: int, flat: Asked, held: Asked, frame: Frame) -> int:
        """The first row from `row` on where anything can happen: to an order, to a protection, or by a decision."""
        if self._cycle.is_busy and (self._cycle.watches_losses or not self._cycle.is_idle):
            return row
        decided = (held if self._ledger.holds else flat).next(row)
        below, above = self._cycle.touching()
        if decided == row or (below == 0 and above == inf):
            return decided
        return _touched(frame.low, frame.high, row, decided, nextafter(below, inf), nextafter(above, -inf))


def _candle(frame: Frame, row: int) -> Candle:
    prices = frame.open.item(row), frame.high.item(row), frame.low.item(row), frame.close.item(row)
    return Candle(frame.timestamps.item(row), *prices, frame.volume.item(row))


def _whereabouts(lanes: Sequence[Lane], rows: int) -> "array[int]":
    """In which lane each row is decided on."""
    where = array("L", [0]) * rows
    for number, lane in enumerate(lanes):
        for run in lane.runs:
            where[run.first : run.end] = array("L", [number]) * (run.end - run.first)
    return where


def _touched(low: Column, high: Column, row: int, end: int, below: float, above: float) -> int:
    """The first row from `row` on whose low is at `below` or less, or high at `above` or more; `end` without one."""
    look = _FIRST_LOOK
    while row < end:
        upto = min(end, row + look)
        found = np.flatnonzero((low[row:upto] <= below) | (high[row:upto] >= above))
        if len(found):
            return row + int(found[0])
        row, look = upto, look * 2
    return end
