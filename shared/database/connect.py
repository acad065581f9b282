"""Opening the database: one writing connection and a few reading ones for each process."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.sql.compiler import SQLCompiler

from shared.database import dialect, sqlite
from shared.errors import ChandlerError, ConfigError, RetryError, StopError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Database:
    """Two ways in: `write` for one whole transaction, `read` for a steady view."""

    name: str
    writer: Engine
    reader: Engine
    busy_timeout_ms: int = 10_000
    _compiled: dict[Select[Any], SQLCompiler] = field(default_factory=dict, repr=False, compare=False)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that holds the write lock from its first statement; commits at the end or not at all."""
        with self._explained(), self.writer.begin() as connection:
            yield connection

    @contextmanager
    def write_as(self, strategy_id: str) -> Iterator[Connection]:  # noqa: ARG002 - the scope follows
        """A `write` that reaches only one strategy's books."""
        with self.write() as connection:
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
        compiled = self._compiled.get(statement)
        if compiled is None:
            compiled = self._compiled[statement] = statement.compile(self.reader)
        bound = compiled.construct_params(dict(values))
        ordered = [bound[name] for name in compiled.positiontup or ()] if compiled.positional else bound
        # An open cursor would hold its view.
        with (
            self._explained(),
            closing(self.reader.raw_connection()) as connection,
            closing(connection.cursor()) as cursor,
        ):
            cursor.execute(str(compiled), ordered)
            row: tuple[Any, ...] | None = cursor.fetchone()
            return row

    def settle(self) -> None:
        """What a database needs once, outside every transaction, before its tables are made."""
        with self._explained():
            dialect.settle(self.writer, self.name, self.busy_timeout_ms)

    def close(self) -> None:
        """Give all connections back."""
        self.writer.dispose()
        self.reader.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeoutError as error:
            raise RetryError(f"all connections of this process to {self.name} are busy; trying again later") from error
        except (DatabaseError, sqlite.library().DatabaseError) as error:
            explanation = explain(error, self.name)
            if explanation is None:
                raise
            raise explanation from error


def open_database(url: str, durability: str = "full", busy_timeout_ms: int = 10_000, readers: int = 2) -> Database:
    """Open a database that `schema.py` has made.

    `durability` is "full" for those who write books and "normal" for market data (see dialect.Durability).
    One writer a process: more could only wait for one another.
    """
    try:
        name = make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        raise ConfigError("database.url is not the URL of a database: write sqlite:///PATH") from None
    arguments = dialect.driver_arguments(url, busy_timeout_ms)
    path = Path(make_url(url).database or "")
    sqlite.check_place(path)
    if warning := sqlite.version_warning():
        _log.warning(warning)
    pool_timeout = busy_timeout_ms / 1000 + 5
    writer = create_engine(url, **arguments, pool_size=1, max_overflow=0, pool_timeout=pool_timeout)
    reader = create_engine(url, **arguments, pool_size=readers, max_overflow=0, pool_timeout=pool_timeout)
    dialect.prepare(writer, durability, busy_timeout_ms, read_only=False)
    dialect.prepare(reader, durability, busy_timeout_ms, read_only=True)
    return Database(name, writer, reader, busy_timeout_ms)


def explain(error: Exception, name: str) -> ChandlerError | None:  # noqa: PLR0911 - one line a complaint
    """What a database's complaint means for the caller; None if it is a mistake in our own statement."""
    complaint = error.orig if isinstance(error, DatabaseError) else error
    text = str(complaint).lower()
    if "locked" in text or "busy" in text:
        return RetryError(f"{name} is locked by another writer for too long; trying again later")
    if "full" in text:
        return RetryError(f"no space left for {name}: free some disk; nothing was half-written")
    if "readonly" in text or "read-only" in text:
        return StopError(f"{name} is read-only: check the file's owner and the mount")
    if "unable to open" in text:
        return StopError(f"can't open {name}: check that its directory exists and belongs to this user")
    if "malformed" in text or "not a database" in text:
        return StopError(f"{name} is damaged ({complaint}): stop all services and restore a backup")
    if "no such table" in text:
        return StopError(f"{name} has no tables yet: run `python schema.py`")
    if "disk i/o" in text:
        return RetryError(f"the disk under {name} fails: {complaint}")
    return None
