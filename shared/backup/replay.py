"""Carrying a restored database forward: an increment's changes, its appended rows and its candles, up to an instant.

The order is the stamps'. A row that was appended, and changed or deleted before the increment was taken, is in it as it
was then; as it was before, the log has it. No foreign key and no trigger is asked: the rows were let in once.
"""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from shared.backup import candles
from shared.backup.candles import CANDLES, COVERAGE, MONTHS, Change, Key, Move, Revision, Values
from shared.database.changes import APPENDED, MACHINERY, decoded
from shared.errors import StopError
from shared.market import Interval, subtract

#: The name under which an increment's file is attached.
INCREMENT = "increment"
_STAMP = "stamp_us"
#: In place of the number of a log entry: a row that was appended.
_BORN = 0
_SERIES = "exchange = ? AND symbol = ? AND timeframe = ?"
_ARRIVE = (
    f"INSERT OR REPLACE INTO main.{CANDLES} SELECT * FROM {INCREMENT}.{CANDLES}"  # noqa: S608 - our own names
    f" WHERE {_SERIES} AND timestamp >= ? AND timestamp < ?"
)
_LEAVE = f"DELETE FROM main.{CANDLES} WHERE {_SERIES} AND timestamp >= ? AND timestamp < ?"  # noqa: S608
_REMOVE = f"DELETE FROM main.{CANDLES} WHERE {_SERIES} AND timestamp = ?"  # noqa: S608
_PUT = f"INSERT OR REPLACE INTO main.{CANDLES} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608


class Span(NamedTuple):
    """The transactions to carry over: stamped after `since_us`, up to `until_us`; the increment goes on to `end_us`."""

    since_us: int
    until_us: int
    end_us: int


class _Table(NamedTuple):
    """`where` finds a row by its key, and of an appended one by its stamp, for a key may come twice."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    is_appended: bool

    @property
    def put(self) -> str:
        marks = ", ".join("?" * len(self.columns))
        return f'INSERT OR REPLACE INTO main."{self.name}" ({_listed(self.columns)}) VALUES ({marks})'  # noqa: S608

    @property
    def where(self) -> str:
        found = (*self.key, _STAMP) if self.is_appended else self.key
        return " AND ".join(f'"{name}" IS ?' for name in found)

    def is_new(self, change: Change) -> bool:
        """Whether it is of a row that the same transaction appended."""
        return self.is_appended and bool(change.row[_STAMP] == change.at_us)

    def row(self, values: Mapping[str, Any]) -> list[Any]:
        return [values[name] for name in self.columns]

    def place(self, values: Mapping[str, Any]) -> list[Any]:
        return [values[name] for name in ((*self.key, _STAMP) if self.is_appended else self.key)]


def replay(connection: Any, span: Span) -> int:
    """Carry the changes of one span over from the attached increment; returns how many there were.

    The connection is the driver's, inside a transaction; foreign keys and triggers are the caller's to put aside.
    The increment's file is used up.
    """
    tables = _tables(connection)
    every = list(candles.moves(_changes(connection, span.since_us, span.end_us, (COVERAGE, MONTHS))))
    moves = [move for move in every if move.at_us <= span.until_us]
    _require_candles(moves, every)
    revisions = _revisions(connection, span)
    again = _taken_again(connection, tables, span)
    appended = sum(_append(connection, table, span) for table in tables.values() if table.is_appended)
    changed = 0
    log = ((change.at_us, 1, change) for change in _changes(connection, span.since_us, span.until_us, tables))
    births = ((born.at_us, 0, born) for born in again if born.at_us <= span.until_us)
    for _, _, change in heapq.merge(births, log, key=lambda entry: entry[:2]):
        table = tables[change.table]
        if change.change_id == _BORN or not table.is_new(change):
            _apply(connection, table, change)
            changed += 1
    _carry_candles(connection, moves, revisions, span.until_us)
    return appended + changed


def appended_keys(connection: Any) -> dict[str, tuple[str, ...]]:
    """The tables that are only appended to, and what finds a row in them."""
    return {name: table.key for name, table in _tables(connection).items() if table.is_appended}


def _tables(connection: Any) -> dict[str, _Table]:
    """All that the log and the stamps speak of; candles are another matter."""
    found = [name for _, name, kind, *_ in connection.execute("PRAGMA main.table_list") if kind == "table"]
    names = [name for name in found if name.isidentifier() and name not in (*MACHINERY, CANDLES)]
    return {name: _table(connection, name) for name in names if not name.startswith("sqlite_")}


def _table(connection: Any, name: str) -> _Table:
    columns = connection.execute(f'PRAGMA main.table_info("{name}")').fetchall()
    key = sorted((place, column) for _, column, *_, place in columns if place)
    names = tuple(column for _, column, *_ in columns)
    return _Table(name, names, tuple(column for _, column in key), name in APPENDED)


def _changes(connection: Any, since_us: int, until_us: int, names: Collection[str]) -> Iterator[Change]:
    """The increment's part of the log that concerns these tables, in order."""
    query = (
        f"SELECT change_id, at_us, table_name, operation, row FROM {INCREMENT}.change_log"  # noqa: S608
        f" WHERE at_us > ? AND at_us <= ? AND table_name IN ({', '.join('?' * len(names))}) ORDER BY change_id"
    )
    for change_id, at_us, table, operation, row in connection.execute(query, (since_us, until_us, *names)):
        yield Change(change_id, at_us, table, operation, decoded(table, row))


def _taken_again(connection: Any, tables: Mapping[str, _Table], span: Span) -> list[Change]:
    """Rows appended in the span whose keys the log speaks of, too, as they were at first, by their stamps.

    They are taken out of the increment: what is left there was appended and never touched. What the log says within
    the transaction that appended a row is over before anybody sees it. And what the log speaks of first as an insert,
    it lets come itself: a row under another key, one that was put back.
    """
    first: dict[tuple[str, tuple[Any, ...]], Change] = {}
    left: list[Change] = []
    appended = [name for name, table in tables.items() if table.is_appended]
    for change in _changes(connection, span.since_us, span.end_us, appended):
        table = tables[change.table]
        if change.at_us > (change.row[_STAMP] or 0) > span.since_us:
            first.setdefault((table.name, tuple(table.place(change.row))), change)
        left += [_born(table, row) for row in _withdraw(connection, table, change.row)]
    born = [_born(tables[each.table], each.row) for each in first.values() if each.operation == "delete"]
    born += [each for each in left if (each.table, tuple(tables[each.table].place(each.row))) not in first]
    return sorted((each for each in born if each.at_us > span.since_us), key=lambda each: each.at_us)


def _born(table: _Table, row: Mapping[str, Any]) -> Change:
    return Change(_BORN, row[_STAMP], table.name, "insert", row)


def _withdraw(connection: Any, table: _Table, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The increment's rows with this key, which it then has no longer."""
    where = f'FROM {INCREMENT}."{table.name}" WHERE ' + " AND ".join(f'"{name}" IS ?' for name in table.key)
    key = [row[name] for name in table.key]
    found = connection.execute(f"SELECT {_listed(table.columns)} {where}", key).fetchall()
    if found:
        connection.execute(f"DELETE {where}", key)
    return [dict(zip(table.columns, each, strict=True)) for each in found]


def _append(connection: Any, table: _Table, span: Span) -> int:
    columns = _listed(table.columns)
    statement = (
        f"INSERT OR REPLACE INTO main.{table.name} ({columns}) SELECT {columns} FROM {INCREMENT}.{table.name}"  # noqa: S608
        " WHERE stamp_us > ? AND stamp_us <= ?"
    )
    return int(connection.execute(statement, (span.since_us, span.until_us)).rowcount)


def _apply(connection: Any, table: _Table, change: Change) -> None:
    if change.operation == "delete":
        statement = f'DELETE FROM main."{table.name}" WHERE {table.where}'  # noqa: S608
        connection.execute(statement, table.place(change.row))
    else:
        connection.execute(table.put, table.row(change.row))


def _revisions(connection: Any, span: Span) -> list[Revision]:
    """All of the increment's after the span's beginning, in order, whoever made them."""
    query = f"SELECT * FROM {INCREMENT}.candle_revisions WHERE stamp_us > ? ORDER BY revision_id"  # noqa: S608
    cursor = connection.execute(query, (span.since_us,))
    names = [column for column, *_ in cursor.description]
    ours = [candles.revision(dict(zip(names, row, strict=True))) for row in cursor]
    theirs = candles.by_hand(_changes(connection, span.since_us, span.end_us, (CANDLES,)))
    return sorted([*ours, *theirs], key=lambda each: each.at_us)


def _carry_candles(connection: Any, moves: list[Move], revisions: list[Revision], until_us: int) -> None:
    """Bring the candle table to the instant: what came and left, and what was revised, in order.

    The increment has candles as they were at its end; what was revised after the instant is turned back.
    """
    steps: Iterable[Move | Revision] = heapq.merge(
        moves, (each for each in revisions if each.at_us <= until_us), key=lambda each: each.at_us
    )
    for step in steps:
        if isinstance(step, Revision):
            _put_candle(connection, step.series, step.timestamp, step.new)
        else:
            connection.execute(_ARRIVE if step.kind == "came" else _LEAVE, (*step.series, *step.part))
    came = candles.arrived(moves)
    for (series, timestamp), old in candles.before(each for each in revisions if each.at_us > until_us).items():
        if _lies_in(timestamp, came.get(series, [])):
            _put_candle(connection, series, timestamp, old)


def _require_candles(moves: list[Move], every: list[Move]) -> None:
    """StopError if candles had come by the instant, and left before the increment, which has no copy of them."""
    at_the_end = candles.held(every)
    for series, parts in candles.held(moves).items():
        if lost := [piece for part in parts for piece in subtract(part, at_the_end.get(series, []))]:
            left_us = max(move.at_us for move in every[len(moves) :] if move.kind == "left" and move.series == series)
            raise StopError(
                f"candles of {'/'.join(series)} from {lost[0].start} ms on had come by then, and left for the archive"
                f" before an increment took them (tiers.without_backup): restore an instant from {left_us} us on, or"
                " one before they came"
            )


def _put_candle(connection: Any, series: Key, timestamp: int, values: Values | None) -> None:
    if values is None:
        connection.execute(_REMOVE, (*series, timestamp))
    else:
        connection.execute(_PUT, (*series, timestamp, *values))


def _lies_in(timestamp: int, parts: Iterable[Interval]) -> bool:
    return any(part.start <= timestamp < part.end for part in parts)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
