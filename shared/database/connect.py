"""Opening the database: one writing connection and a few reading ones for each process."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, Select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.sql.compiler import SQLCompiler

from shared.clock import now_us
from shared.database import dialect, postgresql
from shared.database.changes import Clock
from shared.database.limits import Limits
from shared.database.watch import NEVER, Slow, Tally, Watch
from shared.errors import ChandlerError, ConfigError, RepairError, RetryError, StopError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Database:
    """`write` for one whole transaction, `read` for a steady view; `write_as`, `read_as` for one strategy's books."""

    name: str
    writer: Engine
    reader: Engine
    own_writer: Engine
    own_reader: Engine
    busy_timeout_ms: int = 10_000
    watch: Watch = field(default_factory=Watch, repr=False, compare=False)
    _compiled: dict[Select[Any], SQLCompiler] = field(default_factory=dict, repr=False, compare=False)

    @property
    def has_server(self) -> bool:
        """Whether a server keeps it, and not a file of this host."""
        return self.writer.dialect.name != "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that holds the write lock from its first statement; commits at the end or not at all."""
        with self._explained(), self.writer.begin() as connection:
            yield connection

    @contextmanager
    def write_as(self, strategy_id: str) -> Iterator[Connection]:
        """A `write` that reaches one strategy's books and no other's, whatever SQL it is given; the market it reads.

        That is SQLite's doing: on PostgreSQL only the caller's own SQL keeps it to one strategy.
        RepairError where it reaches for more. Its tables of books are views: they know no ON CONFLICT, and count no
        rows that a statement changed.
        """
        with self._explained(), self.own_writer.begin() as connection, dialect.only(connection, strategy_id):
            yield connection

    @contextmanager
    def write_as_each(self) -> Iterator[Callable[[str], AbstractContextManager[Connection]]]:
        """One `write_as` for several strategies, who commit together; `with own(strategy_id) as connection` is a part.

        A part that raises leaves what it wrote to the others' commit: let it raise before its first change.
        """
        with self._explained(), self.own_writer.begin() as connection:
            yield partial(_own, connection)

    @contextmanager
    def read_as(self, strategy_id: str) -> Iterator[Connection]:
        """A `read` that sees one strategy's books and no other's."""
        with self._explained(), self.own_reader.begin() as connection, dialect.only(connection, strategy_id):
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of the database; can't write."""
        with self._explained(), self.reader.begin() as connection:
            yield connection

    def peek(self, statement: Select[Any], values: Mapping[str, object]) -> tuple[Any, ...] | None:
        """The first row of one statement as the driver gives it, in a view of its own; None without any.

        For what is asked all the time: a tenth of what `read` takes. `statement` is one of a module, and is kept.
        """
        return self.peek_each(statement, [values])[0]

    def peek_each(
        self, statement: Select[Any], several: Iterable[Mapping[str, object]]
    ) -> list[tuple[Any, ...] | None]:
        """`peek` for several values, each in a view of its own: the connection is fetched once."""
        compiled = self._compiled.get(statement)
        if compiled is None:
            compiled = self._compiled[statement] = statement.compile(self.reader)
        text, constants, order = str(compiled), compiled.params, compiled.positiontup or ()
        rows: list[tuple[Any, ...] | None] = []
        # An open cursor would hold its view.
        with (
            self._explained(),
            closing(self.reader.raw_connection()) as connection,
            closing(connection.cursor()) as cursor,
        ):
            for values in several:
                bound = {**constants, **values}
                cursor.execute(text, [bound[name] for name in order] if compiled.positional else bound)
                rows.append(cursor.fetchone())
        return rows

    def settle(self) -> None:
        """What a database needs once, outside every transaction, before its tables are made."""
        with self._explained():
            dialect.settle(self.writer, self.name, self.busy_timeout_ms)

    def close(self) -> None:
        """Give all connections back."""
        for engine in (self.writer, self.reader, self.own_writer, self.own_reader):
            engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeoutError as error:
            raise RetryError(f"all connections of this process to {self.name} are busy; trying again later") from error
        except (DatabaseError, self.writer.dialect.loaded_dbapi.DatabaseError) as error:
            explanation = explain(error, self.name)
            if explanation is None:
                raise
            raise explanation from error


@contextmanager
def _own(connection: Connection, strategy_id: str) -> Iterator[Connection]:
    with dialect.only(connection, strategy_id):
        yield connection


def open_database(
    url: str,
    durability: str = "full",
    busy_timeout_ms: int = 10_000,
    readers: int = 2,
    slow: Slow = NEVER,
    *,
    query_timeout_ms: int = 0,
    cache_megabytes: int = 8,
    clock: Clock = now_us,
) -> Database:
    """Open a database that `schema.py` has made.

    `durability` is "full" for those who write books and "normal" for market data (see dialect.Durability).
    One writer a process, and one for one strategy's books: more could only wait for one another. And `readers` for
    each of the two ways of reading. What is `slow` is logged; see Limits for the others. `clock`
    gives the microseconds that transactions are stamped with.
    """
    try:
        name = make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        raise ConfigError("database.url is not the URL of a database: write sqlite:///PATH") from None
    dialect.require_known(url)
    for warning in dialect.look_at(url):
        _log.warning(warning)

    watch, limits = Watch(), Limits(busy_timeout_ms, query_timeout_ms, cache_megabytes)

    def opened(role: str, *, own: bool, read_only: bool) -> Engine:
        pool: dict[str, Any] = {
            "pool_size": readers if read_only else 1,
            "max_overflow": 0,
            "pool_timeout": busy_timeout_ms / 1000 + 5,
        }
        tally = Tally(role, slow)
        engine = dialect.open_engine(url, durability, limits, tally, clock, read_only=read_only, own=own, **pool)
        watch.over(engine, tally)
        return engine

    return Database(
        name,
        writer=opened("writer", own=False, read_only=False),
        reader=opened("reader", own=False, read_only=True),
        own_writer=opened("own writer", own=True, read_only=False),
        own_reader=opened("own reader", own=True, read_only=True),
        busy_timeout_ms=busy_timeout_ms,
        watch=watch,
    )


#: What SQLite's complaints say, the first that fits, and what to do.
_MEANINGS: tuple[tuple[tuple[str, ...], type[ChandlerError], str], ...] = (
    (("locked", "busy"), RetryError, "{name} is locked by another writer for too long; trying again later"),
    (
        ("interrupted",),
        RetryError,
        "a read of {name} took longer than database.query_timeout_ms: ask for less, or raise it",
    ),
    (("full",), RetryError, "no space left for {name}: free some disk; nothing was half-written"),
    (("readonly", "read-only"), StopError, "{name} is read-only: check the file's owner and the mount"),
    (("unable to open",), StopError, "can't open {name}: check that its directory exists and belongs to this user"),
    (
        ("image is malformed", "malformed database", "not a database"),
        StopError,
        "{name} is damaged ({told}): stop all services and restore a backup",
    ),
    (("no such table",), StopError, "{name} has no tables yet: run `python schema.py`"),
    (
        ("another strategy", "not authorized", "prohibited"),
        RepairError,
        "a strategy's transaction reached for what is not its own: {told}",
    ),
    (("disk i/o",), RetryError, "the disk under {name} fails: {told}"),
)


def explain(error: Exception, name: str) -> ChandlerError | None:
    """What a database's complaint means for the caller; None if it is a mistake in our own statement."""
    complaint = error.orig if isinstance(error, DatabaseError) else error
    if hasattr(complaint, "sqlstate"):
        return postgresql.explain(complaint, name)
    text = str(complaint).lower()
    for words, kind, meaning in _MEANINGS:
        if any(word in text for word in words):
            return kind(meaning.format(name=name, told=complaint))
    return None
