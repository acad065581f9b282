"""Rows that have aged leave the database: copied to a file -> proven -> recorded -> only then deleted, bit by bit.

From the commit that enters the file in `tier_files` readers take its rows from there (shared.tiers.read), so whoever
is killed before or after leaves every row where it is read exactly once; the next round goes on from there.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from shared.archive.record import Move, record
from shared.config import TierPolicy
from shared.errors import RepairError
from shared.tiers.catalogue import TierFile, files_of, replace_files, rows_left
from shared.tiers.files import Rows, read_rows
from shared.tiers.place import month_of, writing_tables
from shared.tiers.policy import HOT, WARM, leaves_before_us
from shared.tiers.put import put_rows
from shared.tiers.shelf import Shelf
from shared.tiers.tables import STAMP, Aged

#: Deleting a row writes it into the change log: a hundred hold the write lock for a few milliseconds.
_CHUNK, _BATCH = 50_000, 100
_NEVER = -(2**63)


@dataclass
class Moved:
    """How many rows went into files, and how many were deleted from the database."""

    copied: int = 0
    deleted: int = 0


def move_aged(shelf: Shelf, aged: Aged, policy: TierPolicy, held_us: int, now_us: int) -> Moved:
    """Move what the policy lets go of a table. `held_us`: only rows that were stamped by then, which a backup holds.

    RepairError, and what is left stays, if a row in the database is not what its file says.
    """
    moved = Moved()
    with writing_tables(shelf.root):
        while not shelf.stopped():
            with shelf.database.read() as connection:
                rows = leaving(connection, aged, policy, held_us, now_us)
                behind = _in_files(connection, shelf, aged, rows)
            if not rows:
                break
            for file, copied in behind.items():
                moved.deleted += _delete(shelf, aged, policy, file, copied, now_us)
            copied_keys = {_key(aged, row) for copied in behind.values() for row in copied}
            for part in _by_month(aged, [row for row in rows if _key(aged, row) not in copied_keys]):
                file = _copy(shelf, aged, policy, part, now_us)
                moved.copied += file.rows
                moved.deleted += _delete(shelf, aged, policy, file, part, now_us)
    return moved


def leaving(connection: Connection, aged: Aged, policy: TierPolicy, held_us: int, now_us: int) -> Rows:
    """The next rows that are to leave, whole, by their key; not all of them if they are many."""
    before_us = leaves_before_us(policy, now_us)
    before = _NEVER if before_us is None else before_us // aged.unit_us
    query = (
        f"SELECT {', '.join(aged.columns)} FROM {aged.name} AS aged"  # noqa: S608 - our own names
        f" WHERE (aged.{aged.time} < ? OR aged.{aged.order} <= ?) AND {aged.leaves}"
        f" AND coalesce(aged.{STAMP}, 0) <= ? ORDER BY {', '.join(aged.key)} LIMIT {_CHUNK}"
    )
    values = (before, _beyond(connection, aged, policy.hot_rows), held_us)
    return [tuple(row) for row in connection.exec_driver_sql(query, values)]


def _beyond(connection: Connection, aged: Aged, hot_rows: int | None) -> int:
    """The newest row that is one too many for a table of so many rows."""
    if hot_rows is None:
        return _NEVER
    query = f"SELECT {aged.order} FROM {aged.name} ORDER BY {aged.order} DESC LIMIT 1 OFFSET ?"  # noqa: S608
    found = connection.exec_driver_sql(query, (hot_rows,)).scalar()
    return _NEVER if found is None else int(found)


def _in_files(connection: Connection, shelf: Shelf, aged: Aged, rows: Rows) -> dict[TierFile, Rows]:
    """Those of the rows that a file holds already: somebody was killed before they were deleted."""
    if not rows:
        return {}
    by_key = {_key(aged, row): row for row in rows}
    place = aged.columns.index(aged.order)
    orders = [row[place] for row in rows]
    first, end = min(orders), max(orders) + 1
    found: dict[TierFile, Rows] = {}
    for file in files_of(connection, aged.name):
        low, high = order_range(aged, file)
        if not any(low <= order <= high for order in orders):
            continue
        keys = read_rows(shelf.root / file.path, aged.key, between=(aged.order, first, end))
        there = [by_key.pop(key) for batch in keys for key in batch if key in by_key]
        if there:
            found[file] = there
    return found


def order_range(aged: Aged, file: TierFile) -> tuple[int, int]:
    """From which to which value of the growing column a file's rows go."""
    if file.first_id is not None and file.last_id is not None:
        return file.first_id, file.last_id
    return file.first_us // aged.unit_us, file.last_us // aged.unit_us


def _copy(shelf: Shelf, aged: Aged, policy: TierPolicy, rows: Rows, now_us: int) -> TierFile:
    """A file of rows of one month, and the record of it; the rows are in the database yet."""
    month = month_of(_time(aged, rows[0]))
    file = put_rows(shelf.root, aged, month, WARM, lambda: [rows], now_us, shelf.step)
    with shelf.database.write() as connection:
        replace_files(connection, [], file)
        record(connection, _move("move", aged, policy, file, file.rows, now_us))
    shelf.step("recorded")
    return file


def _delete(shelf: Shelf, aged: Aged, policy: TierPolicy, file: TierFile, rows: Rows, now_us: int) -> int:
    """Delete rows that a file holds, each only if it is still what was copied; returns how many."""
    statement = _delete_one(aged)
    places = [aged.columns.index(name) for name in aged.told]
    deleted = 0
    for start in range(0, len(rows), _BATCH):
        if shelf.stopped():
            break
        batch = [tuple(row[place] for place in places) for row in rows[start : start + _BATCH]]
        with shelf.database.write() as connection:
            count = connection.exec_driver_sql(statement, batch).rowcount
            if count != len(batch):
                raise RepairError(
                    f"{aged.name}: {len(batch) - count} rows are not what {file.path} says of them: somebody wrote past"
                    " Chandler; none of this batch was deleted. Readers go by the file"
                )
            deleted += count
            if deleted == len(rows):
                left = max(deleted, file.rows - rows_left(connection, file.path))
                record(connection, _move("prune", aged, policy, file, left, now_us))
        shelf.step("deleted")
        shelf.pause()
    return deleted


def _delete_one(aged: Aged) -> str:
    alike = " AND ".join(f"{name} {'=' if name in aged.key else 'IS'} ?" for name in aged.told)
    return f"DELETE FROM {aged.name} WHERE {alike}"  # noqa: S608 - our own names


def _move(action: str, aged: Aged, policy: TierPolicy, file: TierFile, rows: int, now_us: int) -> Move:
    told = [f"{name} = {value:g}" for name in ("hot_days", "hot_rows") if (value := getattr(policy, name)) is not None]
    reason = "copied and read back" if action == "move" else "deleted from the table: the file and a backup hold them"
    return Move(
        action=action,
        policy=f"tiers.{aged.name}: {', '.join(told)}",
        table_name=aged.name,
        from_tier=HOT,
        to_tier=WARM,
        rows=rows,
        first_us=file.first_us,
        last_us=file.last_us,
        path=file.path,
        sha256=file.sha256,
        reason=reason,
        moved_at_us=now_us,
    )


def _by_month(aged: Aged, rows: Rows) -> Iterator[Rows]:
    months: defaultdict[object, Rows] = defaultdict(list)
    for row in rows:
        months[month_of(_time(aged, row))].append(row)
    yield from months.values()


def _time(aged: Aged, row: tuple[Any, ...]) -> int:
    return int(row[aged.columns.index(aged.time)]) * aged.unit_us


def _key(aged: Aged, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(row[aged.columns.index(name)] for name in aged.key)
