"""Everything that is said differently to SQLite and to PostgreSQL. No other module asks for the dialect."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

from shared.clock import boot_id, boot_us
from shared.database import postgresql as theirs
from shared.database.changes import STAMP, Clock
from shared.database.limits import Limits
from shared.database.watch import Tally
from shared.errors import ConfigError

if TYPE_CHECKING:
    from shared.database.scope import Scope

_ROWS = 250
#: Rows of books in one statement: a fifth less work than the driver's executemany; more of them gain nothing.
_TOGETHER = 50
#: Where a connection has its scope.
SCOPE = "scope"
_INSERT = (
    "INSERT OR IGNORE INTO ohlcv_data (exchange, symbol, timeframe, timestamp, open, high, low, close, volume) VALUES "
)
_INSERT_ROW = _INSERT + "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_ROWS = _INSERT + ", ".join(
    f"(?1, ?2, ?3, {', '.join(f'?{place}' for place in range(first, first + 6))})"
    for first in range(4, 4 + 6 * _ROWS, 6)
)

#: A column each as an array: one statement for any number of rows.
_INSERT_ARRAYS = (
    "INSERT INTO ohlcv_data (exchange, symbol, timeframe, timestamp, open, high, low, close, volume) SELECT * FROM"
    " unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::float8[], %s::float8[], %s::float8[], %s::float8[],"
    " %s::float8[]) ON CONFLICT DO NOTHING"
)
#: PostgreSQL's clock goes on when the server boots, so all of it is one boot.
_SERVER = "postgresql"

Durability = str
"""`normal`: market data, which can be fetched again; `full`: the books, on disk when a commit returns."""


class LeaseTime(NamedTuple):
    """Microseconds on the clock that `boot_id` names; those of two clocks can't be compared."""

    now_us: int
    boot_id: str


def require_known(url: str) -> None:
    """ConfigError for a database nobody here speaks to."""
    if make_url(url).get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError("database.url: write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE")


def look_at(url: str) -> list[str]:
    """What to warn of before the database is opened; StopError where it can't lie where it does."""
    if _is_postgresql(url):
        return []
    from shared.database import scope  # noqa: PLC0415 - loads the SQLite library
    from shared.database import sqlite as ours  # noqa: PLC0415

    ours.check_place(Path(make_url(url).database or ""))
    return [warning for warning in (ours.version_warning(), scope.version_warning()) if warning]


def open_engine(
    url: str,
    durability: Durability,
    limits: Limits,
    tally: Tally,
    clock: Clock,
    *,
    read_only: bool,
    own: bool,
    **pool: Any,
) -> Engine:
    """An engine whose connections are set up, and whose transactions begin, as the database needs it.

    `own` is for one strategy's books at a time (`only`). What the connections do is counted in `tally`.
    `clock` gives the microseconds that transactions are stamped with.
    """
    if _is_postgresql(url):
        return theirs.open_engine(url, durability, limits, tally, read_only=read_only, **pool)
    from shared.database import sqlite_engine  # noqa: PLC0415

    return sqlite_engine.open_engine(url, durability, limits, tally, clock, read_only=read_only, own=own, **pool)


def only(connection: Connection, strategy_id: str) -> AbstractContextManager[None]:
    """Inside it the connection reaches one strategy's books; an old SQLite's, and PostgreSQL's, all of them."""
    scope: Scope | None = connection.info.get(SCOPE)
    return scope.only(strategy_id) if scope else nullcontext()


def is_confined(connection: Connection) -> bool:
    """Whether it reaches one strategy's books alone, and finds in the view `desk_orders` when all have ordered."""
    return SCOPE in connection.info


def settle(engine: Engine, name: str, busy_timeout_ms: int) -> None:
    """What a database needs once, before its tables: SQLite's file is switched to WAL mode."""
    if engine.dialect.name != "sqlite":
        return
    from shared.database import sqlite as ours  # noqa: PLC0415

    connection = engine.raw_connection()
    try:
        ours.use_wal(connection.driver_connection, name, busy_timeout_ms)
    finally:
        connection.close()


def lease_time(connection: Connection) -> LeaseTime:
    """Now, as leases in this database count it: the boot clock of the one host, or the server's clock for several."""
    if connection.dialect.name == "sqlite":
        return LeaseTime(boot_us(), boot_id())
    return LeaseTime(theirs.lease_time(connection), _SERVER)


def install_triggers(connection: Connection) -> None:
    """The change log's, as the tables now are; on SQLite."""
    if connection.dialect.name == "sqlite":
        from shared.database import triggers  # noqa: PLC0415

        triggers.install(connection.connection.driver_connection)


def drop_triggers(connection: Connection) -> None:
    """Those of `install_triggers`."""
    if connection.dialect.name == "sqlite":
        from shared.database import triggers  # noqa: PLC0415

        triggers.drop(connection.connection.driver_connection)


def data_version(dialect: str, driver: Any) -> int | None:
    """What changes, for a connection of the driver's, with every commit of others; None where nothing tells."""
    return int(driver.execute("PRAGMA data_version").fetchall()[0][0]) if dialect == "sqlite" else None


def is_settled(connection: Connection) -> bool:
    """Whether the database is as `settle` leaves it."""
    if connection.dialect.name != "sqlite":
        return True
    return bool(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal")


def insert(dialect: str, table: Table) -> sqlite.Insert:
    """The dialect's own INSERT, with `on_conflict_do_...` and `excluded`, which both dialects spell alike."""
    kind = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return cast("sqlite.Insert", kind(table))


@cache
def insert_or_ignore(dialect: str, table: Table, key: tuple[str, ...]) -> sqlite.Insert:
    """An insert that leaves a row with the same key as it is.

    Only a clash of that key is ignored: a CHECK or NOT NULL violation stays an error.
    """
    return insert(dialect, table).on_conflict_do_nothing(index_elements=key)


@cache
def upsert(dialect: str, table: Table, key: tuple[str, ...], changed: tuple[str, ...]) -> sqlite.Insert:
    """An insert that overwrites the `changed` columns of a row with the same key."""
    statement = insert(dialect, table)
    values = {name: statement.excluded[name] for name in changed}
    return statement.on_conflict_do_update(index_elements=key, set_=values)


def insert_candles(
    connection: Connection,
    series: tuple[str, str, str],
    candles: Sequence[tuple[int, float, float, float, float, float]],
) -> int:
    """Insert candles of a series that are not there yet; returns how many.

    In plain statements to SQLite's driver: compiled SQLAlchemy inserts cost half the rate. And many rows in each,
    which name the series once: that is another third less work than the driver's own executemany.
    """
    if connection.dialect.name != "sqlite":
        return insert_rows(connection, [series + tuple(candle) for candle in candles])
    whole = len(candles) - len(candles) % _ROWS
    inserted = 0
    for start in range(0, whole, _ROWS):
        values = (*series, *chain.from_iterable(candles[start : start + _ROWS]))
        inserted += connection.exec_driver_sql(_INSERT_ROWS, values).rowcount
    if rest := [series + tuple(candle) for candle in candles[whole:]]:
        inserted += connection.exec_driver_sql(_INSERT_ROW, rest).rowcount
    return inserted


def insert_rows(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
    """Insert candles of any series, each as its whole row, that are not there yet; returns how many."""
    if connection.dialect.name == "sqlite":
        return connection.exec_driver_sql(_INSERT_ROW, rows).rowcount
    columns = [list(column) for column in zip(*rows, strict=True)]
    return connection.exec_driver_sql(_INSERT_ARRAYS, tuple(columns)).rowcount if rows else 0


def insert_plain(connection: Connection, table: Table, columns: Sequence[str], rows: list[tuple[object, ...]]) -> None:
    """Insert rows past SQLAlchemy's types and compiler, which take three times as long; money comes as its text."""
    values = ["?" if connection.dialect.name == "sqlite" else "%s"] * len(columns)
    if STAMP in table.columns:
        columns, values = [*columns, STAMP], [*values, "(SELECT at_us FROM change_clock)"]
    begin, row = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ", f"({', '.join(values)})"  # noqa: S608
    whole = len(rows) - len(rows) % _TOGETHER if connection.dialect.name == "sqlite" else 0
    if whole:
        several = begin + ", ".join([row] * _TOGETHER)
        with closing(connection.connection.cursor()) as cursor:
            for start in range(0, whole, _TOGETHER):
                cursor.execute(several, tuple(chain.from_iterable(rows[start : start + _TOGETHER])))
    if rest := rows[whole:]:
        connection.exec_driver_sql(begin + row, rest)


def _is_postgresql(url: str) -> bool:
    return make_url(url).get_backend_name() == "postgresql"
