"""The content of an increment: a small SQLite file with the rows that a span of transactions left behind.

The log's entries, the rows that were appended, and the candles of what coverage gained, as they are at its end. Rows go
from file to file inside SQLite, so that not a bit of a double changes.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from shared.backup import candles
from shared.backup.candles import CANDLES, COVERAGE, MONTHS, Change
from shared.backup.full import Position, position
from shared.database.changes import APPENDED, STAMP, decoded
from shared.database.sqlite import library
from shared.market import Interval

LOG = "change_log"


class Shipment(NamedTuple):
    """Where the database stood when the rows were read, and the instants (after, up to; us) its clock told twice."""

    position: Position
    told_twice: tuple[tuple[int, int], ...]


def write_shipment(database: Path, target: Path, after_us: int, until_us: int | None = None) -> Shipment:
    """Put what is stamped after one instant, and up to another (None: all), into a new file; not synced.

    The database is read in one transaction, and others may write it meanwhile.
    """
    with closing(library().connect(target, isolation_level=None, timeout=10)) as connection:
        for setting in (
            "journal_mode = OFF",
            "synchronous = OFF",
            "foreign_keys = OFF",
            "ignore_check_constraints = ON",
        ):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("ATTACH ? AS source", (str(database),))
        connection.execute("BEGIN")
        stands = position(connection, "source")
        until = stands.stamp_us if until_us is None else until_us
        for table in _tables(connection):
            _carry(connection, table, after_us, until)
        _carry_candles(connection, after_us, until)
        told = connection.execute("SELECT to_us, max(from_us, until_us) FROM source.clock_steps ORDER BY at_us")
        shipment = Shipment(stands, tuple((after, until) for after, until in told.fetchall()))
        connection.execute("COMMIT")
    return shipment


def _tables(connection: Any) -> Iterator[str]:
    """The log, and the tables whose rows carry their stamp."""
    names = [name for _, name, *_ in connection.execute("PRAGMA source.table_list").fetchall()]
    yield from (name for name in sorted(names) if name == LOG or name in APPENDED)


def _carry(connection: Any, table: str, after_us: int, until_us: int) -> None:
    column = "at_us" if table == LOG else STAMP
    _create(connection, table)
    connection.execute(
        f"INSERT INTO main.{table} SELECT * FROM source.{table} WHERE {column} > ? AND {column} <= ?",  # noqa: S608
        (after_us, until_us),
    )


def _carry_candles(connection: Any, after_us: int, until_us: int) -> None:
    _create(connection, CANDLES)
    for series, parts in candles.arrived(candles.moves(_bookkeeping(connection, after_us, until_us))).items():
        for part in parts:
            _carry_part(connection, series, part)


def _carry_part(connection: Any, series: tuple[str, str, str], part: Interval) -> None:
    connection.execute(
        f"INSERT INTO main.{CANDLES} SELECT * FROM source.{CANDLES} WHERE exchange = ? AND symbol = ?"  # noqa: S608
        " AND timeframe = ? AND timestamp >= ? AND timestamp < ?",
        (*series, *part),
    )


def _bookkeeping(connection: Any, after_us: int, until_us: int) -> Iterator[Change]:
    """The log's entries that tell which candles came and left."""
    entries = connection.execute(
        f"SELECT change_id, at_us, table_name, operation, row FROM main.{LOG}"  # noqa: S608
        " WHERE table_name IN (?, ?) AND at_us > ? AND at_us <= ? ORDER BY change_id",
        (COVERAGE, MONTHS, after_us, until_us),
    )
    for change_id, at_us, table, operation, row in entries:
        yield Change(change_id, at_us, table, operation, decoded(table, row))


def _create(connection: Any, table: str) -> None:
    """The same table: its key finds a row again, and it takes no value of another type."""
    (sql,) = connection.execute("SELECT sql FROM source.sqlite_schema WHERE name = ?", (table,)).fetchone()
    connection.execute(sql)
