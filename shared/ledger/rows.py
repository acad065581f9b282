"""A row that is there once: made anew, or changed where it stands."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, and_, bindparam, insert, literal, select, update

from shared.database.prepared import Prepared


def put(connection: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Set `values` of the row with this key, which is made if it is not there.

    Read, then write: the caller's transaction holds the write lock, and what one strategy sees of its books
    (`Database.write_as`) are views, which know no ON CONFLICT and count no rows.
    """
    statements, where = _statements(table, tuple(key)), {f"its_{name}": value for name, value in key.items()}
    if statements.find.first(connection, **where) is None:
        statements.make.run(connection, **key, **values)
    else:
        statements.change.run(connection, **where, **values)


class _Statements(NamedTuple):
    find: Prepared
    make: Prepared
    change: Prepared


@cache
def _statements(table: Table, key: tuple[str, ...]) -> _Statements:
    here = and_(*(table.c[name] == bindparam(f"its_{name}") for name in key))
    find = select(literal(1)).select_from(table).where(here)
    return _Statements(Prepared(find), Prepared(insert(table)), Prepared(update(table).where(here)))
