"""SQLite's driver, with connections that time what they do: SQLAlchemy, prepared statements and raw SQL meet there."""

from functools import cache
from types import ModuleType
from typing import Any

from shared.database.watch import Tally, now_ns


@cache
def timed_cursor(driver: ModuleType) -> type[Any]:
    """The driver's cursor, which tells its connection's `tally` of each statement. Every line is in every statement."""
    run, run_many, fetch = driver.Cursor.execute, driver.Cursor.executemany, driver.Cursor.fetchall

    class Cursor(driver.Cursor):  # type: ignore[misc, name-defined]
        sql = ""

        def execute(self, sql: str, values: Any = ()) -> Any:
            connection = self.connection
            connection.statement_ns = begin = now_ns()
            run(self, sql, values)
            self.sql = sql
            connection.tally.ran(sql, now_ns() - begin, 1)
            return self

        def executemany(self, sql: str, values: Any) -> Any:
            begin = now_ns()
            run_many(self, sql, values)
            self.connection.tally.ran(sql, now_ns() - begin, 1)
            return self

        def fetchall(self) -> Any:
            begin = now_ns()
            rows = fetch(self)  # SQLite finds most rows only now
            self.connection.tally.ran(self.sql, now_ns() - begin, 0)
            return rows

    return Cursor


@cache
def timed_connection(driver: ModuleType) -> type[Any]:
    """The driver's connection with such cursors. `begun` tells it of its transactions, whose ends it sees itself."""
    make, cursor = driver.Connection.cursor, timed_cursor(driver)

    class Connection(driver.Connection):  # type: ignore[misc, name-defined]
        tally = Tally()
        #: When the transaction was asked for (0: there is none), when it began, and when its last statement did.
        asked_ns = got_ns = statement_ns = 0

        def cursor(self, *_: Any) -> Any:
            return make(self, cursor)

        def begun(self, asked_ns: int, *, writes: bool) -> None:
            """A transaction has begun, which was asked for then."""
            self.asked_ns, self.got_ns = asked_ns, now_ns()
            if writes:
                self.tally.waits.append(self.got_ns - asked_ns)

        def commit(self) -> None:
            self._end(super().commit, "committed")

        def rollback(self) -> None:
            self._end(super().rollback, "rolled back")

        def _end(self, end: Any, outcome: str) -> None:
            begin = now_ns()
            end()
            if asked := self.asked_ns:
                self.asked_ns = 0
                self.tally.ended(asked, self.got_ns, begin, outcome)

    return Connection
