"""A row that is there once: made anew, or changed where it stands."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, and_, insert, literal, select, update


def put(connection: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Set `values` of the row with this key, which is made if it is not there.

    Read, then write: the caller's transaction holds the write lock, and what one strategy sees of its books
    (`Database.write_as`) are views, which know no ON CONFLICT and count no rows.
    """
    here = and_(*(table.c[name] == value for name, value in key.items()))
    if connection.execute(select(literal(1)).select_from(table).where(here)).scalar() is None:
        connection.execute(insert(table).values(**key, **values))
    else:
        connection.execute(update(table).where(here).values(**values))
