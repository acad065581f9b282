"""The stamp of each transaction of ours, taken under the write lock. Why so: docs/decisions/0026-change-log.md."""

from typing import Any

from shared.clock import now_us
from shared.database.changes import STEP_US, Clock
from shared.database.sqlite import library


class Stamps:
    """One connection's: every row that a transaction changes has the same stamp, and no two transactions share one."""

    def __init__(self, connection: Any, schema: str = "main", clock: Clock = now_us) -> None:
        """For a connection of the driver's, which calls the database `schema`."""
        self._connection = connection
        self._clock = clock
        driver = library()
        self._error = driver.OperationalError
        # Past what looks at, or times, a user's statements.
        self._cursor: Any = driver.Connection.cursor(connection, driver.Cursor)
        row = f"{schema}.change_clock"
        self._take = f"UPDATE {row} SET at_us = ?1, held = 1 WHERE clock_id = 1 AND at_us < ?1"  # noqa: S608 - our names
        self._newest = f"SELECT at_us FROM {row} WHERE clock_id = 1"  # noqa: S608
        self._tell = f"UPDATE {row} SET clock_us = ? WHERE clock_id = 1"  # noqa: S608
        self._release = f"UPDATE {row} SET held = 0 WHERE clock_id = 1"  # noqa: S608
        # The driver keeps what it compiled by its text, and asks no authorizer again: this is a text of our own.
        self._undo = f"ROLLBACK -- {row}"
        self._version = f"PRAGMA {schema}.schema_version"
        self._schema_version: int | None = None
        self._changes: int | None = None
        #: Whether the statement that runs is one of these, which a confined connection may not run.
        self.are_at_work = False

    def take(self) -> None:
        """Stamp the transaction that has just begun: later than all before it, whatever the clock does."""
        self.are_at_work, self._changes = True, None
        now = self._clock()
        try:
            if self._cursor.execute(self._take, (now,)).rowcount or self._take_the_next(now):
                self._changes = self._connection.total_changes
            if self._schema_version is None:
                self._has_new_schema()
        except self._error as error:
            if "no such table" not in str(error):  # not made yet, or from before there were stamps
                raise
        finally:
            self.are_at_work = False

    def release(self) -> None:
        """Before the commit. A transaction that changed nothing is undone instead: its stamp would cost a sync."""
        if self._changes is None:
            return
        if not self._connection.in_transaction:  # SQLite ends one by itself for OR ROLLBACK, and on some full disks
            raise self._error("the transaction ended before its commit: what it wrote until then is undone")
        self.are_at_work = True
        try:
            is_idle = self._changes == self._connection.total_changes and not self._has_new_schema()
            self._cursor.execute(self._undo if is_idle else self._release)
        finally:
            self.are_at_work = False

    def _take_the_next(self, now: int) -> bool:
        """The clock is not beyond the newest stamp; False where there are no stamps at all."""
        newest = self._cursor.execute(self._newest).fetchone()
        if newest is None:
            return False
        at = newest[0] + 1
        self._cursor.execute(self._take, (at,))
        if at > now + STEP_US:
            self._cursor.execute(self._tell, (now,))  # a trigger notes the step
        return True

    def _has_new_schema(self) -> bool:
        """Whether tables may have changed since the last time this was asked: SQLite counts no rows for that."""
        before, self._schema_version = self._schema_version, self._cursor.execute(self._version).fetchone()[0]
        return before != self._schema_version
