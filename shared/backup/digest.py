"""Digests of tables: the same rows have the same one, whatever pages, library, machine or Python they lie on.

Rows are taken in the order of their key. SQLite itself joins what is no REAL of a row into one text, a unit separator
after every value: that takes half the time of making Python values of them. REAL columns go their own way as IEEE
doubles. A table's digest is SHA-256 over the digests of these two streams. (Two rows in which a separator inside a
text stands elsewhere have the same text: damage does not do that.)

`python -m shared.backup.digest FILE LEFT_OUT TABLES` prints the digests of a database file that nobody writes, all as
JSON: in a process of its own the work holds nobody up.
"""

import hashlib
import json
import os
import sys
from array import array
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from shared.backup.manifest import Digest
from shared.database.sqlite import library

_CANDLES, _COVERAGE = "ohlcv_data", "series_coverage"
_MANY = 4_096
_END, _NULL = "\x1f", "\x1e"
LeftOut = Mapping[str, Collection[str]]


class _Column(NamedTuple):
    name: str
    kind: str
    required: bool
    key: int


def digests(
    connection: Any, tables: Collection[str] | None = None, left_out: LeftOut | None = None
) -> dict[str, Digest]:
    """Of these tables (None: of all), with some columns left out, as the connection sees them now.

    `connection` is of the driver (a SQLAlchemy connection's is `.connection.driver_connection`); several tables are of
    one instant only inside a transaction. Of `ohlcv_data` the candles inside coverage count.
    """
    known = _tables(connection)
    wanted = sorted(known if tables is None else tables)
    return {table: _digest(connection, table, (left_out or {}).get(table, ()), strict=known[table]) for table in wanted}


def file_digests(
    file: Path, left_out: LeftOut | None = None, tables: Collection[str] | None = None
) -> dict[str, Digest]:
    """Of a database file that nobody writes."""
    with closing(library().connect(f"{file.absolute().as_uri()}?immutable=1", uri=True)) as connection:
        connection.execute("PRAGMA cache_size = -32000")
        return digests(connection, tables, left_out)


def halves(connection: Any) -> list[list[str]]:
    """All tables in two parts, for two processes: candles, which are most of many databases, and the rest."""
    known = sorted(_tables(connection))
    return [[name for name in known if (name == _CANDLES) == first] for first in (True, False)]


def _tables(connection: Any) -> dict[str, bool]:
    """The tables, and whether their columns are strict: hold values of their type alone."""
    found = connection.execute("PRAGMA main.table_list").fetchall()
    return {name: bool(strict) for _, name, kind, _, _, strict in found if kind == "table" and name[:7] != "sqlite_"}


def _digest(connection: Any, table: str, left_out: Collection[str], *, strict: bool) -> Digest:
    if table == _CANDLES and _COVERAGE in _tables(connection):
        return _candles(connection)
    every = [
        _Column(name, kind.upper(), bool(required or key), key)
        for _, name, kind, required, _, key in _info(connection, table)
    ]
    columns = [column for column in every if column.name not in left_out]
    reals = [column for column in columns if strict and column.kind == "REAL"]
    joined = "||".join(_joined(column, strict=strict) for column in columns) or "''"
    shown = [f"CAST({joined} AS BLOB)", *(f"ifnull({_quoted(column.name)}, 0.0)" for column in reals)]
    key = sorted((column for column in every if column.key), key=lambda column: column.key)
    order = ", ".join(_quoted(column.name) for column in key) or "rowid"
    query = f"SELECT {', '.join(shown)} FROM main.{_quoted(table)} ORDER BY {order}"  # noqa: S608 - the database's names
    return _consumed(connection.execute(query), reals=len(reals))


def _candles(connection: Any) -> Digest:
    """Candles inside coverage, series by series."""
    texts, numbers, rows = hashlib.sha256(), hashlib.sha256(), 0
    for key in connection.execute(_SERIES).fetchall():
        cursor = connection.execute(_CANDLES_OF, key)
        before = rows
        while found := cursor.fetchmany(_MANY):
            numbers.update(_doubles(chain.from_iterable(found)))
            rows += len(found)
        if rows > before:
            texts.update(json.dumps([*key, rows - before]).encode())
    return _combined(texts, numbers, rows)


_SERIES = f"SELECT DISTINCT exchange, symbol, timeframe FROM main.{_COVERAGE} ORDER BY 1, 2, 3"  # noqa: S608
_CANDLES_OF = f"""
SELECT c.timestamp, c.open, c.high, c.low, c.close, c.volume
FROM main.{_COVERAGE} AS known CROSS JOIN main.{_CANDLES} AS c ON c.exchange = known.exchange
    AND c.symbol = known.symbol AND c.timeframe = known.timeframe
    AND c.timestamp >= known.start AND c.timestamp < known."end"
WHERE known.exchange = ? AND known.symbol = ? AND known.timeframe = ?
ORDER BY known.start, c.timestamp
"""  # noqa: S608 - our own names


def _consumed(cursor: Any, reals: int) -> Digest:
    texts, numbers, rows = hashlib.sha256(), hashlib.sha256(), 0
    while found := cursor.fetchmany(_MANY):
        rows += len(found)
        if reals:
            texts.update(b"".join([row[0] for row in found]))
            numbers.update(_doubles(value for row in found for value in row[1:]))
        else:
            texts.update(b"".join(chain.from_iterable(found)))
    return _combined(texts, numbers, rows)


def _combined(texts: Any, numbers: Any, rows: int) -> Digest:
    return Digest(rows=rows, sha256=hashlib.sha256(texts.digest() + numbers.digest()).hexdigest())


def _doubles(values: Iterable[float]) -> bytes:
    packed = array("d", values)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _joined(column: _Column, *, strict: bool) -> str:
    name = _quoted(column.name)
    if not strict or column.kind not in {"TEXT", "INTEGER", "INT", "REAL"}:
        return f"quote({name})||'{_END}'"
    if column.kind == "REAL":  # its value is in the other stream
        return "''" if column.required else f"({name} IS NULL)||'{_END}'"
    return f"{name}||'{_END}'" if column.required else f"ifnull({name}||'{_END}', '{_NULL}')"


def _info(connection: Any, table: str) -> list[Any]:
    found: list[Any] = connection.execute(f"PRAGMA main.table_info({_quoted(table)})").fetchall()
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


if __name__ == "__main__":
    os.nice(5)  # traders on the same machine go first
    found = file_digests(Path(sys.argv[1]), json.loads(sys.argv[2]), json.loads(sys.argv[3]))
    print(json.dumps({table: digest.model_dump() for table, digest in found.items()}))
