"""What changed when: the stamps of transactions and the log that triggers write. docs/decisions/0026-change-log.md.

The state at an instant T is what all transactions with a stamp up to T made: the rows appended until then, and of every
other table the newest entry of each row in the log.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

#: What stamps go by: the wall clock, microseconds UTC.
Clock = Callable[[], int]

#: How far stamps may be ahead of the clock before it counts as set back. SQLite's own has no smaller steps.
STEP_US = 1_000

#: The column in which a row that is only ever appended carries its transaction's stamp.
STAMP = "stamp_us"

#: How the names of the log's triggers begin, and no other's.
TRIGGER = "log_"

#: Tables that are only ever appended to, with the column that is greater in later rows: "" where there is none.
APPENDED: Mapping[str, str] = {
    "signals": STAMP,
    "trades": STAMP,
    "order_events": "event_id",
    "balance_history": "balance_id",
    "equity_history": "equity_id",
    "state_changes": "change_id",
    "candle_revisions": "revision_id",
    "ticker_data": "",
    "tier_moves": "move_id",
    "disk_samples": "taken_at_us",
}

#: Not logged but when a stranger changes or deletes a row: coverage, revisions and pruned months tell the rest.
QUIET = frozenset({"ohlcv_data"})

#: Tables whose updates are logged as a 'delete' of the old row and an 'insert' of the new: which candles came with a
#: longer interval of coverage, and which left with a pruned month, tells only the difference. So it is of those that
#: are only appended to: what a row was before somebody changed it stands nowhere else.
KEPT_OLD = frozenset({"series_coverage", "archive_months"})

#: What keeps the log itself, and what Litestream adds to a database that it copies; no part of the state it tells.
MACHINERY = frozenset({"change_clock", "change_log", "alembic_version", "_litestream_seq", "_litestream_lock"})

#: Marks of this moment, which are nothing to come back to. A change of them alone is not logged.
LIVE_COLUMNS: Mapping[str, frozenset[str]] = {
    # Renewed every few seconds by each process; after a restore every lease is void.
    "leases": frozenset({"expires_us", "boot_id", "updated_at_us"}),
    "replicas": frozenset({"expires_us", "boot_id", "updated_at_us"}),
    # Follows the market with every price; the day's first equity and the peak, which risk goes by, are logged.
    "risk_marks": frozenset({"equity", "updated_at_us"}),
    # Grows with every transaction while the clock is behind.
    "clock_steps": frozenset({"until_us"}),
}

_PRICES = ("open", "high", "low", "close", "volume")
#: Columns of doubles, which a logged row holds as strings of 17 digits: that is all a double has.
REALS: Mapping[str, frozenset[str]] = {
    "ohlcv_data": frozenset(_PRICES),
    "candle_revisions": frozenset(f"{age}_{name}" for age in ("old", "new") for name in _PRICES),
    "signals": frozenset({"price"}),
    "keeper_jobs": frozenset({"seconds"}),
}

_NEWEST = text("SELECT at_us FROM change_clock")
_READ = text(
    'SELECT change_id, at_us, table_name, operation, "row" FROM change_log'
    " WHERE change_id > :after AND change_id <= :until ORDER BY change_id"
)
_LATEST = text(
    'SELECT change_id, at_us, table_name, operation, "row" FROM change_log'
    " WHERE at_us >= :since AND (:name = '' OR table_name = :name) ORDER BY change_id DESC LIMIT :most"
)
_PRUNE = text(
    "DELETE FROM change_log WHERE change_id <= :until AND change_id < (SELECT max(change_id) FROM change_log)"
)
_ALL_OF_THEM = 2**63 - 1


class Change(NamedTuple):
    """An entry of the log; `row` is JSON of the row's columns: the new row, of a `delete` the old one."""

    change_id: int
    at_us: int
    table_name: str
    operation: str
    row: str


def now_stamp(connection: Connection) -> int:
    """This transaction's stamp, inside one that writes; 0 where there are no stamps (PostgreSQL)."""
    return connection.execute(_NEWEST).scalar() or 0


def last_stamp(connection: Connection) -> int:
    """The newest stamp that a reader can see: nothing of a later transaction is in its view."""
    return now_stamp(connection)


def changes(connection: Connection, after_id: int = 0, until_id: int | None = None) -> Iterator[Change]:
    """The log's entries with `after_id < change_id <= until_id`, in their order."""
    bounds = {"after": after_id, "until": _ALL_OF_THEM if until_id is None else until_id}
    return (Change(*row) for row in connection.execute(_READ, bounds))


def latest(connection: Connection, table_name: str | None, since_us: int, most: int) -> list[Change]:
    """The newest entries since an instant, newest first, of one table or of all."""
    values = {"since": since_us, "name": table_name or "", "most": most}
    return [Change(*row) for row in connection.execute(_LATEST, values)]


def prune_changes(connection: Connection, until_id: int) -> int:
    """Delete the entries up to `until_id`; returns how many. The newest stays: no number is ever given out twice."""
    return connection.execute(_PRUNE, {"until": until_id}).rowcount


def decoded(table_name: str, row: str) -> dict[str, Any]:
    """A logged row's values, by column, as the driver gives them."""
    values: dict[str, Any] = json.loads(row)
    for name in REALS.get(table_name, ()):
        if values[name] is not None:
            values[name] = float(values[name])
    return values
