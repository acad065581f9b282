"""The database from the event loop.

A page's transaction takes a few milliseconds, and is done in place: a thread for it would cost more than it saves,
because SQLite's driver lets the busy event loop in at every statement. What must never happen is that the loop waits
for a lock, so the database is opened without a busy timeout, and the waiting is done here.
"""

import asyncio
import random
import time
from collections.abc import Callable
from itertools import chain, repeat
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from shared.database import Database
from shared.errors import RetryError, StopError

_PAUSES_MS = (1, 2, 5, 10, 20, 50)
_LONGEST_MS = 100
_LOOK_SECONDS, _TELL_SECONDS = 1.0, 60.0

T = TypeVar("T")
_log = structlog.get_logger()


class Store:
    """Transactions from the event loop. `database` has no busy timeout; `busy_seconds` is how long we wait here.

    `room` says why there is none for history, None if there is; `short` is what it said while history waits.
    """

    def __init__(
        self,
        database: Database,
        busy_seconds: float,
        room: Callable[[], str | None] = lambda: None,
        *,
        once: bool = False,
    ) -> None:
        self.short: str | None = None
        self._database = database
        self._busy_seconds = busy_seconds
        self._room = room
        self._once = once
        self._told = -_TELL_SECONDS
        self._turn = asyncio.Lock()
        self._free_at = 0.0

    async def write(self, work: Callable[[Connection], T], busy_seconds: float | None = None) -> T:
        """One transaction. RetryError if the database stays locked or full: nothing was written then."""
        deadline = time.monotonic() + (self._busy_seconds if busy_seconds is None else busy_seconds)
        for pause in chain(_PAUSES_MS, repeat(_LONGEST_MS)):
            try:
                with self._database.write() as connection:
                    return work(connection)
            except RetryError:
                if time.monotonic() >= deadline:
                    raise
            await asyncio.sleep(pause * random.uniform(0.5, 1.5) / 1000)  # noqa: S311
        raise AssertionError

    async def write_unhurried(self, work: Callable[[Connection], T], pause_seconds: float) -> T:
        """A transaction that can wait: one at a time, while there is room, and a pause between them in which others can
        commit. StopError without room if all is to be fetched once: nobody would wait with it."""
        async with self._turn:
            await self._have_room()
            await asyncio.sleep(self._free_at - time.monotonic())
            result = await self.write(work)
            self._free_at = time.monotonic() + pause_seconds
            return result

    async def _have_room(self) -> None:
        while (short := self._room()) is not None:
            if self._once:
                raise StopError(short)
            self.short = short
            if (now := time.monotonic()) - self._told >= _TELL_SECONDS:
                self._told = now
                _log.error("history waits", why=short)
            await asyncio.sleep(_LOOK_SECONDS)
        if self.short:
            _log.info("there is room again: history goes on")
        self.short = None

    def peek(self, look: Callable[[Database], T]) -> T:
        """Look something up in single statements: quicker than `read`, but each has a view of its own."""
        return look(self._database)

    def read(self, work: Callable[[Connection], T]) -> T:
        """Read in one consistent view; no writer makes a reader wait."""
        with self._database.read() as connection:
            return work(connection)
