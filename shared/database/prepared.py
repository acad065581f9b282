"""Statements that run all the time: compiled once, then handed to the driver as text with their values.

That is a tenth of what `Connection.execute` takes, and a decision asks forty times.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Rows = list[tuple[Any, ...]]
_Convert = Callable[[Any], Any]


class Prepared:
    """A statement of a module, for a connection that has begun its transaction.

    Values go in and out as their columns' types say, so money is Decimal here, too; rows are plain tuples. A complaint
    is the driver's own, which `Database` explains as it does SQLAlchemy's.
    """

    def __init__(self, statement: Select[Any] | Insert | Update | Delete) -> None:
        """An IN is written `in_([literal(each), ...])`: of plain values SQLAlchemy makes the text anew each time."""
        self._statement = statement
        self._texts: dict[tuple[str, tuple[str, ...]], _Text] = {}

    def rows(self, connection: Connection, **values: Any) -> Rows:
        """All rows of a SELECT."""
        text = self._text(connection.dialect, tuple(values))
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(text.sql, text.bound(values))
            found: Rows = list(cursor.fetchall())
            if text.results is None:
                kinds = [kind for _, kind, *_ in cursor.description]
                text.results = _results(self._statement, connection.dialect, kinds)
        return _typed(found, text.results) if text.results else found

    def first(self, connection: Connection, **values: Any) -> tuple[Any, ...] | None:
        """Its first row; None without any."""
        found = self.rows(connection, **values)
        return found[0] if found else None

    def value(self, connection: Connection, **values: Any) -> Any:
        """The first column of its first row; None without any."""
        row = self.first(connection, **values)
        return row[0] if row else None

    def run(self, connection: Connection, **values: Any) -> None:
        """What changes something; the names of an INSERT's values, and of what an UPDATE sets, are its columns."""
        text = self._text(connection.dialect, tuple(values))
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(text.sql, text.bound(values))

    def _text(self, dialect: Dialect, names: tuple[str, ...]) -> "_Text":
        found = self._texts.get((dialect.name, names))
        if found is None:
            found = self._texts[dialect.name, names] = _written(self._statement, dialect, names)
        return found


@dataclass
class _Text:
    """How a statement is said to one driver: `order` is None where it takes its values by name.

    Which results are to be converted the driver shows with the first of them.
    """

    sql: str
    constants: Mapping[str, Any]
    order: Sequence[str] | None
    inputs: Sequence[tuple[str, _Convert]]
    results: Sequence[tuple[int, _Convert]] | None = None

    def bound(self, values: dict[str, Any]) -> Any:
        given = {**self.constants, **values}
        for name, convert in self.inputs:
            given[name] = convert(given[name])
        return given if self.order is None else [given[name] for name in self.order]


def _written(statement: Any, dialect: Dialect, names: tuple[str, ...]) -> _Text:
    compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=list(names))
    inputs = [(name, _inward(bind.type, dialect)) for name, bind in compiled.binds.items() if name in names]
    return _Text(
        sql=str(compiled),
        constants={name: value for name, value in compiled.params.items() if name not in names},
        order=compiled.positiontup if compiled.positional else None,
        inputs=[(name, convert) for name, convert in inputs if convert],
    )


def _inward(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _results(statement: Any, dialect: Dialect, kinds: Sequence[Any]) -> Sequence[tuple[int, _Convert]]:
    """The places whose values the driver gives otherwise than their columns' types say; `kinds` are the driver's."""
    types = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
    converters = [each.result_processor(dialect, kind) for each, kind in zip(types, kinds, strict=True)]
    return [(place, convert) for place, convert in enumerate(converters) if convert]


def _typed(rows: Rows, results: Sequence[tuple[int, _Convert]]) -> Rows:
    typed = [list(row) for row in rows]
    for row in typed:
        for place, convert in results:
            row[place] = convert(row[place])
    return [tuple(row) for row in typed]
