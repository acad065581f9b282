"""The live side: a database that grows candle by candle, and a trader that decides on each as it closes.

The candles go in as the backfiller puts them in, and are read as every trader reads them; nothing that comes later is
in the database when a candle is decided on. Orders meet the next candle by the backtest's rule, but on every candle.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np

from shared import candles
from shared.database import Database, open_database
from shared.database.schema import upgrade
from shared.market import Candle, Frame, Interval, Market
from shared.trading import Books, Lease, Position, StateRow, Strategy
from trader.backtest.cycle import Cycle
from trader.backtest.ledger import Ledger
from trader.backtest.spec import Backtest
from trader.frames import Frames
from trader.parity.seen import Seen, Values
from trader.running import Running, prepare

_NAMES = ("open", "high", "low", "close", "volume")
#: So many candles of the time before the first decision go in at once.
_PAGE = 10_000


@dataclass(frozen=True)
class Lived:
    """What a live run came to: signals, fills and books in its `ledger`, and the `values` that the strategy saw."""

    ledger: Ledger
    values: Values
    candles: int


class Live:
    """A trader's life with one strategy, which `fresh` loads anew at each start."""

    def __init__(
        self,
        backtest: Backtest,
        fresh: Callable[[], Strategy],
        history: Frame,
        market: Market,
        directory: Path,
        breaks: Sequence[int] = (),
    ) -> None:
        """The database is made in `directory`; unbroken history begins anew at each of `breaks` (ms, ascending)."""
        self._backtest, self._fresh, self._history = backtest, fresh, history
        self._url = f"sqlite:///{directory / 'parity.db'}"
        self._breaks = np.asarray(breaks, dtype=np.int64)
        self._ages = np.searchsorted(self._breaks, history.timestamps, side="right")
        self._values = Values(len(history))
        self._ledger = Ledger(market, Books(backtest.cash, Position()))
        self._database: Database | None = None
        self._running, self._frames = self._started()
        self._cycle = Cycle(backtest, self._running, market, self._ledger, StateRow(backtest.strategy_id))

    def run(self, rows: range, restarts: frozenset[int], done: Callable[[int], None] = lambda _: None) -> Lived:
        """Decide on the candles in `rows`, started anew before each of `restarts`; `done` is told each row.

        StrategyError if the strategy raises.
        """
        try:
            for first in range(0, rows.start, _PAGE):
                self._store(range(first, min(first + _PAGE, rows.start)))
            for row in rows:
                if row in restarts:
                    self._restart()
                self._live(row)
                done(row)
        finally:
            self._opened.close()
        return Lived(self._ledger, self._values, len(rows))

    def _live(self, row: int) -> None:
        """A candle comes: orders and protection meet its prices; it closes, is stored, and is decided on."""
        candle = _candle(self._history, row)
        self._cycle.meet(candle, self._traded)
        self._cycle.close(candle)
        self._store(range(row, row + 1))
        with self._opened.read() as connection:
            shown = self._frames.shown(
                connection, self._backtest.series, candle.timestamp, self._running.strategy.warm_up
            )
        if shown is None:
            return
        self._values.row = row
        signal = self._running.decide(shown, self._position)
        if not signal.is_hold:
            self._cycle.decide(signal, candle)

    @property
    def _position(self) -> Position:
        """As the strategy sees it: what is too little to be sold is not there."""
        held = self._ledger.books.position
        return held if self._ledger.holds else Position(realized_pnl=held.realized_pnl, fees=held.fees)

    @property
    def _opened(self) -> Database:
        if self._database is None:
            self._database = open_database(self._url, "normal")
            upgrade(self._database)
        return self._database

    def _restart(self) -> None:
        """Forget everything but what is stored and what is held, as a new process does."""
        self._opened.close()
        self._database = None
        self._running, self._frames = self._started()
        self._cycle.running = self._running

    def _started(self) -> tuple[Running, Frames]:
        lease = Lease(self._backtest.strategy_id, "parity", 1, 0, "")
        watched = Seen(self._fresh(), self._values)
        return prepare(lease, self._backtest.series, watched, limits=self._backtest.limits), Frames()

    def _traded(self, at: int) -> Decimal | None:
        series = self._backtest.series
        with self._opened.read() as connection:
            volume = candles.minute_volume(connection, series.exchange, series.symbol, at)
        return None if volume is None else Decimal(str(volume))

    def _store(self, rows: range) -> None:
        with self._opened.write() as connection:
            for part in self._unbroken(rows):
                found = [_candle(self._history, row) for row in part]
                candles.store_page(connection, self._backtest.series, found, self._covered(part), now_us=0)

    def _unbroken(self, rows: range) -> Iterator[range]:
        """The rows in parts with no break within."""
        if len(rows) == 1:
            yield rows
            return
        breaks = np.flatnonzero(np.diff(self._ages[rows.start : rows.stop])) + 1
        edges = [rows.start, *(rows.start + breaks).tolist(), rows.stop]
        yield from map(range, edges[:-1], edges[1:])

    def _covered(self, rows: range) -> Interval:
        """The time these candles cover, from where the one before them ended, or from a break on."""
        times, step, first = self._history.timestamps, self._backtest.series.step, rows.start
        if first == 0:
            since = int(times[0])
        elif self._ages[first] != self._ages[first - 1]:
            since = int(self._breaks[self._ages[first] - 1])
        else:
            since = int(times[first - 1]) + step
        return Interval(since, int(times[rows[-1]]) + step)


def _candle(frame: Frame, row: int) -> Candle:
    return Candle(int(frame.timestamps[row]), *(float(frame[name][row]) for name in _NAMES))
