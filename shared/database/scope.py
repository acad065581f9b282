"""One strategy's books and nobody else's, held by SQLite itself: docs/decisions/0018-isolation.md.

The database is attached under a name that no statement may use. Before each table of books stands a view of the same
name (shared.database.fence), and an authorizer lets nothing by that does not go through it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import uuid4

from shared.database import sqlite, timing
from shared.database.changes import TRIGGER
from shared.database.fence import DESK_ORDERS, OWN_STRATEGY, fence, read_tables, shared_views
from shared.database.stamps import Stamps

#: The first SQLite in which a temporary trigger may write to a table of an attached database.
_OLDEST = (3, 53, 0)
_OK, _DENY, _IGNORE = 0, 1, 2
#: The codes of all that a statement may do, https://sqlite.org/c3ref/c_alter_table.html; every other is denied.
_ACTIONS = {
    20: "read",
    9: "change",  # delete
    18: "change",  # insert
    23: "change",  # update
    22: "transaction",
    31: "function",
    21: "select",
    32: "savepoint",
    33: "recursive",
}


def version_warning() -> str | None:
    """What to say if the loaded SQLite can't hold a scope; None if it can."""
    version = tuple(sqlite.library().sqlite_version_info)
    if version >= _OLDEST:
        return None
    return (
        f"SQLite {'.'.join(map(str, version))} can't keep strategies out of each other's books below the code"
        f" ({'.'.join(map(str, _OLDEST))} can); install pysqlite3, which bundles one"
    )


@cache
def confined_connection() -> type[Any]:
    """The driver's connection, which runs no statement that names what is `hidden`: a query plan may tell the name."""
    driver: Any = sqlite.library()

    class Cursor(timing.timed_cursor(driver)):  # type: ignore[misc]
        def execute(self, sql: str, values: Any = ()) -> Any:
            return super().execute(self.connection.looked_at(sql), values)

        def executemany(self, sql: str, values: Any) -> Any:
            return super().executemany(self.connection.looked_at(sql), values)

        def executescript(self, sql: str) -> Any:
            return super().executescript(self.connection.looked_at(sql))

    class Connection(timing.timed_connection(driver)):  # type: ignore[misc]
        hidden: str | None = None

        def cursor(self, *_: Any) -> Any:
            return driver.Connection.cursor(self, Cursor)

        def looked_at(self, sql: str) -> str:
            if self.hidden and self.hidden in sql.lower():
                raise driver.DatabaseError("not authorized: the statement goes past the views")
            return sql

    return Connection


class Scope:
    """What a connection may reach at the moment: of the books none, or one strategy's."""

    def __init__(self, connection: Any, path: Path) -> None:
        """Give a connection that has no database of its own the one at `path`, and build the fence."""
        self.schema = f"hidden_{uuid4().hex}"
        self._strategy_id: str | None = None
        self._stamps: Stamps | None = None
        self._connection = connection
        connection.execute(f"ATTACH ? AS {self.schema}", (str(path),))
        connection.execute("PRAGMA temp_store = MEMORY")  # a change later would drop the views
        connection.execute("PRAGMA recursive_triggers = ON")  # REPLACE then asks before it deletes
        connection.create_function(OWN_STRATEGY, 0, lambda: self._strategy_id)
        tables = read_tables(connection, self.schema)
        self._books = {table.name for table in tables if table.owner}
        self._market = {table.name for table in tables if not table.owner} - {"change_log"}
        # As a script: the driver would keep each of these statements, in the places of those that run all the time.
        connection.executescript(";".join(chain(shared_views(self.schema), *(fence(self.schema, t) for t in tables))))

    def close(self, stamps: Stamps | None) -> None:
        """From now on the connection can do nothing else, and `stamps` what they need to."""
        self._stamps = stamps
        self._connection.hidden = self.schema
        self._connection.set_authorizer(self._judge)

    @contextmanager
    def only(self, strategy_id: str) -> Iterator[None]:
        """The books of one strategy, inside a transaction."""
        self._strategy_id = strategy_id
        try:
            yield
        finally:
            self._strategy_id = None

    def _judge(self, code: int, first: str | None, second: str | None, where: str | None, through: str | None) -> int:
        """SQLite's question about one thing a statement does; `through` names the view or trigger that does it.

        A read that is refused in the attached database yields NULL: the error would tell its name.
        """
        if self._stamps and self._stamps.are_at_work:
            return _OK
        match _ACTIONS.get(code, "anything else"):
            case "read" if where == self.schema:
                return _OK if first in self._market or (first in self._books and through) else _IGNORE
            case "read":
                may = where == "temp" and (first in self._books or first == DESK_ORDERS)
            case "change":
                is_logged = through is not None and through.startswith(TRIGGER)
                may = is_logged or (first in self._books and (where == "temp" or through is not None))
            case "transaction":
                may = self._strategy_id is None
            case "function":
                may = second != "load_extension"
            case action:
                may = action != "anything else"
        return _OK if may else _DENY
