"""What changes in the database, in the order it was committed, whoever changes it: for a script's callbacks.

Every transaction has a stamp that is later than any before it (shared.database.changes), and every row that is added,
changed or removed is found under it, in `change_log` or, where rows are only ever added, in the table itself.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from heapq import merge
from itertools import groupby
from threading import Event
from typing import Any

from sqlalchemy import Connection, CursorResult, Select, func, select

from shared.database import Database
from shared.database.changes import APPENDED, MACHINERY, last_stamp
from shared.errors import ConfigError, RepairError, RetryError, StopError
from shared.models import change_clock, change_log, metadata
from shared.store.changes import Change, Entry, Operation, added, is_no_news, logged, since, stamp

Callback = Callable[[Change], object]

_log = logging.getLogger(__name__)
#: About so many rows are taken in at once.
_PIECE = 1_000
#: Of these nothing is told: there is too much of it, or it is nobody's affair.
_SILENT = frozenset({"ohlcv_data", "ticker_data", "disk_samples", "leases", "replicas", "clock_steps"}) | MACHINERY
_TOLD = sorted(set(metadata.tables) - _SILENT)
_CLOCK = select(change_clock.c.at_us, change_clock.c.timeline)
_NEWEST_ENTRY = select(func.coalesce(func.max(change_log.c.change_id), 0))
_OLDEST_ENTRY = select(func.coalesce(func.min(change_log.c.change_id), 0))


@dataclass(frozen=True)
class Bookmark:
    """How far somebody has followed: all transactions up to `stamp_us`, and `change_log` up to `change_id`.

    `timeline` names the database's history: one that was restored has another from then on.
    """

    stamp_us: int
    change_id: int
    timeline: str


class _Listener:
    """A callback, and which rows of its table it is for."""

    def __init__(self, callback: Callback, strategy_id: str | None, operations: Iterable[Operation]) -> None:
        self.callback = callback
        self._strategy_id = strategy_id
        self._operations = frozenset(operations)

    def hears(self, change: Change) -> bool:
        is_its = self._strategy_id is None or change.row["strategy_id"] == self._strategy_id
        return is_its and change.operation in self._operations


class Follower:
    """Tells callbacks of every change that they ask for, each once and in the order of the commits.

    A change is told once its transaction is on disk, and after every change of an earlier one; each callback hears it
    in the order they were given. One that raises is logged, and the others go on. `bookmark` moves on when all have
    been told of a transaction: who keeps it and goes on from there the next time misses nothing, and is told the last
    transaction again if he was killed within it. For one thread at a time.
    """

    def __init__(self, database: Database, bookmark: Bookmark | None = None) -> None:
        """From `bookmark` on; None: what changes from now on. StopError if the database keeps no log of changes."""
        if database.has_server:
            raise StopError(f"{database.name} keeps no log of changes: callbacks are for SQLite; ask for what you need")
        self._database = database
        self._listeners: defaultdict[str, list[_Listener]] = defaultdict(list)
        self.bookmark = bookmark or present(database)

    def on(
        self,
        table: str,
        callback: Callback,
        *,
        strategy_id: str | None = None,
        operations: Iterable[Operation] = ("insert", "update"),
    ) -> None:
        """Call back with each change of a table, or of one strategy's or book's rows in it.

        ConfigError if nothing is told of that table.
        """
        if table not in _TOLD:
            raise ConfigError(f"nothing is told of {table!r}: changes can be followed of {', '.join(_TOLD)}")
        if strategy_id is not None and "strategy_id" not in metadata.tables[table].c:
            raise ConfigError(f"the rows of {table} belong to no strategy: follow all of them")
        self._listeners[table].append(_Listener(callback, strategy_id, operations))

    def poll(self) -> int:
        """Tell what was committed since the last time; returns how many changes.

        RepairError if some of it can't be told: it has been pruned from the log, as it is once a backup holds it, or
        the database was restored. The bookmark is then the present, and the caller reads anew what he needs.
        """
        told = 0
        while self._is_behind():
            with self._database.read() as connection:
                piece, end = self._piece(connection)
            for stamp_us, entries in groupby(piece, key=stamp):
                transaction = list(entries)
                told += sum(self._tell(change) for _, change in transaction)
                last_id = max(self.bookmark.change_id, *(change_id for change_id, _ in transaction))
                self.bookmark = replace(end, stamp_us=stamp_us, change_id=last_id)
            self.bookmark = end
        return told

    def run(self, stop: Event, every_seconds: float = 0.25) -> None:
        """Poll until `stop` is set; in a thread of its own, for example. What is locked is asked again later.

        RepairError as of `poll`; called again, it goes on from the present.
        """
        while not stop.is_set():
            try:
                self.poll()
            except RetryError as error:
                _log.warning("following changes later: %s", error)
            stop.wait(every_seconds)

    def _is_behind(self) -> bool:
        stamp_us, timeline = self._database.peek(_CLOCK, {}) or (0, "")
        return bool(stamp_us > self.bookmark.stamp_us or timeline != self.bookmark.timeline)

    def _tell(self, change: Change) -> bool:
        listeners = [each for each in self._listeners[change.table] if each.hears(change)]
        for listener in listeners:
            try:
                listener.callback(change)
            except Exception:  # noqa: BLE001 - a callback is its owner's affair
                _log.exception("a callback for %s raised, and the others go on", change.table)
        return bool(listeners)

    def _piece(self, connection: Connection) -> tuple[list[Entry], Bookmark]:
        """The next changes, of whole transactions, and where they end."""
        self._require_whole(connection)
        after, last_id, piece = self.bookmark.stamp_us, self.bookmark.change_id, list[Entry]()
        with ExitStack() as open_cursors:

            def asked(query: Select[Any]) -> CursorResult[Any]:
                return open_cursors.enter_context(closing(connection.execute(query)))

            news = change_log.c.change_id > last_id, change_log.c.at_us > after
            entries = asked(select(change_log).where(*news).order_by(change_log.c.change_id))
            sources = [added(name, asked(since(metadata.tables[name], after))) for name in self._of_added()]
            for change_id, change in merge(logged(entries), *sources, key=stamp):
                if len(piece) >= _PIECE and change.stamp_us > stamp(piece[-1]):
                    return piece, replace(self.bookmark, stamp_us=stamp(piece[-1]), change_id=last_id)
                last_id = max(last_id, change_id)
                if change.table in self._listeners and not is_no_news(change_id, change):
                    piece.append((change_id, change))
        return piece, replace(self.bookmark, stamp_us=last_stamp(connection), change_id=last_id)

    def _of_added(self) -> list[str]:
        return [name for name in APPENDED if name in self._listeners]

    def _require_whole(self, connection: Connection) -> None:
        oldest, bookmark = connection.execute(_OLDEST_ENTRY).scalar_one(), self.bookmark
        self.bookmark = _present(connection)
        if self.bookmark.timeline != bookmark.timeline:
            why = "it was restored since, and what was told may not have been"
        elif oldest > bookmark.change_id + 1:
            why = f"up to {oldest - bookmark.change_id - 1} changes were pruned from the log before they were told"
        else:
            self.bookmark = bookmark
            return
        raise RepairError(
            f"{self._database.name}: {why}: read anew what you keep of the database; what changes from now on is told"
        )


def present(database: Database) -> Bookmark:
    """Where the database stands: what changes later is found after it."""
    with database.read() as connection:
        return _present(connection)


def _present(connection: Connection) -> Bookmark:
    stamp_us, timeline = connection.execute(_CLOCK).one()
    return Bookmark(stamp_us, connection.execute(_NEWEST_ENTRY).scalar_one(), timeline)
