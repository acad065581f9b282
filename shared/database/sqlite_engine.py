"""SQLite behind SQLAlchemy: how its connections are made, and how their transactions begin and end."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

from shared.database import scope, sqlite
from shared.database.changes import Clock
from shared.database.dialect import SCOPE
from shared.database.limits import Limits
from shared.database.scope import Scope
from shared.database.stamps import Stamps
from shared.database.timing import timed_connection
from shared.database.turn import Turn
from shared.database.watch import Tally, now_ns


def open_engine(
    url: str,
    durability: str,
    limits: Limits,
    tally: Tally,
    clock: Clock,
    *,
    read_only: bool,
    own: bool,
    **pool: Any,
) -> Engine:
    """As `dialect.open_engine`. One that is confined to a strategy's books opens no file itself: it is attached."""
    arguments = {"url": url, **sqlite.driver_arguments(limits.busy_timeout_ms)}
    path = Path(make_url(url).database or "")
    confined = own and scope.version_warning() is None
    if confined:
        arguments["url"] = "sqlite://"
        arguments["connect_args"]["factory"] = scope.confined_connection()
    else:
        arguments["connect_args"]["factory"] = timed_connection(sqlite.library())
    engine = create_engine(**arguments, **pool)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: ConnectionPoolEntry) -> None:
        fenced = Scope(connection, path) if confined else None
        schema = fenced.schema if fenced else "main"
        sqlite.set_up(connection, durability, limits, read_only=read_only, schema=schema)
        stamps = None if read_only else Stamps(connection, schema, clock)
        if fenced:
            fenced.close(stamps)
            record.info[SCOPE] = fenced
        connection.stamps = stamps
        connection.tally = tally
        connection.turn = None if read_only else Turn(path.parent)

    @event.listens_for(engine, "close")
    def closed(connection: Any, _: ConnectionPoolEntry) -> None:
        if connection.turn:
            connection.turn.close()

    if read_only:
        _read(engine)
    else:
        _write(engine, limits.busy_timeout_ms)
    return engine


def _read(engine: Engine) -> None:
    """A transaction is one steady view."""

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        driver, asked = _driver(connection), now_ns()
        driver.execute("BEGIN")
        driver.begun(asked, writes=False)


def _write(engine: Engine, busy_timeout_ms: int) -> None:
    """A transaction has the write lock from its beginning, and a stamp of its own."""

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        driver, asked = _driver(connection), now_ns()
        sqlite.begin_writing(driver, busy_timeout_ms, driver.turn)
        driver.stamps.take()
        driver.begun(asked, writes=True)

    @event.listens_for(engine, "commit")
    def committing(connection: Connection) -> None:
        _driver(connection).stamps.release()


def _driver(connection: Connection) -> Any:
    """Past SQLAlchemy, which takes longer than SQLite."""
    return connection.connection.driver_connection
