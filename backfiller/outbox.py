"""Where the live edge puts what it has: into the database, or into the journal while that can't be written."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import structlog
from sqlalchemy import Connection

from backfiller.progress import Progress
from backfiller.store import Store
from shared.candles import save_tickers, store_closed
from shared.clock import now_us
from shared.errors import ChandlerError, RepairError, RetryError, StopError
from shared.journal import Entry, Journal, portions
from shared.market import Candle, Closed, Interval, Ring, Series, Ticker

#: The live edge waits so long for a lock before it turns to the journal.
_PATIENCE_SECONDS = 1.0
_BETWEEN_PORTIONS = 0.005
_TELL_SECONDS = 60.0

_log = structlog.get_logger()


class Outbox:
    """Takes closed candles and tickers; what it has taken is not lost while the process or its disk lives.

    `rings` are told what is closed and what is stored: one that is full lets candles go only after that. A journal that
    can't be opened or written leaves everything in memory, with an alarm; it is tried again every second.
    Without `open_journal` nothing is taken that the database does not take.
    """

    def __init__(
        self,
        store: Store,
        progress: Progress,
        open_journal: Callable[[], Journal] | None = None,
        rings: Mapping[Series, Ring] | None = None,
    ) -> None:
        self.rings = dict(rings or {})
        self._store = store
        self._progress = progress
        self._open_journal = open_journal
        self._journal: Journal | None = None
        self._waiting: list[Entry] = []
        self._turn = asyncio.Lock()
        self._told = -_TELL_SECONDS

    async def put(self, entries: Sequence[Entry]) -> None:
        """Store entries; returns when the database or the journal has them, or neither takes them.

        Those of several callers go in one transaction. StopError if the database can't go on at all: they are safe
        then, too. RetryError only without a journal: nothing was taken then.
        """
        if self._open_journal is None:
            await self._store.write(partial(_write, entries=entries))
            self._stored(entries)
            return
        for entry in entries:
            if isinstance(entry, Closed) and (ring := self.rings.get(entry.series)) is not None:
                for candle in entry.candles:
                    ring.update(candle, closed=True)
        self._waiting += entries
        await self._flush()

    def fetched(self, series: Series, parts: Sequence[Interval], candles: Sequence[Candle]) -> None:
        """History has stored this: what a ring holds of it is final now, and may go.

        The live edge leaves to history what it could not make sure of; a ring would wait for that for ever.
        """
        if (ring := self.rings.get(series)) is None:
            return
        for part in parts:
            held = {candle.timestamp for candle in ring.candles(part.start, part.end)}
            for candle in candles if held else ():
                if candle.timestamp in held:
                    ring.update(candle, closed=True)
            ring.kept(part)

    async def tend(self) -> None:
        """To be done every second: try again what waits."""
        if self._journal is None:
            self._open()
        if self._waiting or self.spilled:
            await self._flush()

    def close(self) -> None:
        """Give the journal back."""
        if self._journal is not None:
            self._journal.close()

    @property
    def spilled(self) -> int:
        """How many entries wait in the journal."""
        return self._journal.entries if self._journal else 0

    def trouble(self) -> str | None:
        """What an operator has to know; None if all that was taken is in the database."""
        if self.spilled or self._waiting:
            where = f"{self.spilled} entries wait in the journal, {len(self._waiting)} in memory"
            return f"the database can't be written: {where}"
        return None

    async def _flush(self) -> None:
        async with self._turn:
            await asyncio.sleep(0)  # whoever has something at the same moment adds it to the batch
            batch, self._waiting = self._waiting, []
            try:
                if self.spilled:
                    await self._drain()
                if batch:
                    patience = 0.0 if self.spilled else _PATIENCE_SECONDS
                    await self._write(batch, patience)
            except (RetryError, StopError) as error:
                await self._spill(batch, error)
                if isinstance(error, StopError):
                    raise
            else:
                self._stored(batch)

    async def _drain(self) -> None:
        """Empty the journal into the database, older entries before newer ones."""
        journal = self._journal
        if journal is None:
            return
        held = await asyncio.to_thread(journal.read)
        for portion in portions(held.entries):
            entries: list[Entry] = [*portion.pages, *portion.tickers]
            await self._write(entries, 0.0)
            self._stored(entries)
            await asyncio.sleep(_BETWEEN_PORTIONS)
        if held.damaged:
            _log.error("the journal was damaged; history will be asked for what it lost", bytes=held.damaged)
        await asyncio.to_thread(journal.empty)
        _log.info("the database can be written again: the journal is emptied", entries=len(held.entries))

    async def _write(self, entries: Sequence[Entry], patience: float) -> None:
        """One transaction; if the database refuses a page of it, one for each, and that page is left to history."""
        try:
            await self._store.write(partial(_write, entries=entries), patience)
        except RepairError:
            for entry in entries:
                try:
                    await self._store.write(partial(_write, entries=[entry]), patience)
                except RepairError as error:
                    _log.error("the database refuses a page; history will ask for it again", error=str(error))

    async def _spill(self, batch: list[Entry], error: ChandlerError) -> None:
        if not batch:
            return
        try:
            journal = self._journal or self._opened()
            await asyncio.to_thread(journal.append, batch)
        except ChandlerError as worse:
            self._waiting = batch + self._waiting
            self._tell(f"candles wait in memory only: {error}; {worse}", waiting=len(self._waiting))
        else:
            self._tell(f"candles go to the journal: {error}", entries=journal.entries)

    def _stored(self, entries: Sequence[Entry]) -> None:
        for page in entries:
            if isinstance(page, Ticker):
                continue
            if (ring := self.rings.get(page.series)) is not None:  # an empty ring is falsy
                ring.kept(page.coverage)
            self._progress.note(page.series, page.coverage, len(page.candles), history=False)

    def _open(self) -> None:
        try:
            self._opened()
        except ChandlerError as error:
            self._tell(f"there is no journal, so while the database can't be written candles stay in memory: {error}")

    def _opened(self) -> Journal:
        if self._open_journal is None:
            raise RetryError("no journal is configured here")
        self._journal = journal = self._open_journal()
        if journal.torn:
            _log.warning("the journal's last append never came to its end and was cut off", bytes=journal.torn)
        if journal.entries:
            _log.info("the journal holds entries from before the start", entries=journal.entries)
        return journal

    def _tell(self, what: str, **figures: int) -> None:
        """Say it once a minute: it is tried every second."""
        if (now := time.monotonic()) - self._told >= _TELL_SECONDS:
            self._told = now
            _log.error(what, **figures)


def _write(connection: Connection, entries: Sequence[Entry]) -> None:
    pages = [entry for entry in entries if isinstance(entry, Closed)]
    if pages:
        store_closed(connection, pages, now_us())
    save_tickers(connection, [entry for entry in entries if isinstance(entry, Ticker)])
