"""Changes of rows, as `change_log` and the tables that are only appended to tell them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Select, Table, func, or_, select

from shared.database.changes import APPENDED, STAMP, decoded
from shared.database.types import Money
from shared.models import metadata

Operation = Literal["insert", "update", "delete"]


@dataclass(frozen=True)
class Change:
    """One row: as it is now, of a removed one as it was. Money is Decimal.

    `stamp_us` is the transaction's, UTC: no other transaction has it, and later ones have later ones.
    """

    stamp_us: int
    table: str
    operation: Operation
    row: Mapping[str, Any]


#: A change and its number in the log; 0 where it stands in a table itself.
Entry = tuple[int, Change]


def stamp(entry: Entry) -> int:
    """The transaction's."""
    return entry[1].stamp_us


def since(table: Table, after_us: int) -> Select[Any]:
    """The rows that were added later, as an index serves them: the stamp's own, or backwards along the key."""
    stamped, order = table.c[STAMP], table.c[APPENDED[table.name]]
    later = select(table).where(stamped > after_us).order_by(order)
    if order is stamped:
        return later
    last = select(order).where(or_(stamped.is_(None), stamped <= after_us)).order_by(order.desc()).limit(1)
    return later.where(order > func.coalesce(last.scalar_subquery(), -1))


def added(name: str, rows: Iterable[Any]) -> Iterator[Entry]:
    """Each with a place in the log that is none."""
    for row in rows:
        yield 0, Change(row.stamp_us, name, "insert", dict(row._mapping))


def logged(entries: Iterable[Any]) -> Iterator[Entry]:
    """A row that goes and comes back with one stamp was changed: of APPENDED and KEPT_OLD tables the log has both."""
    gone: Entry | None = None
    for entry in entries:
        row = _with_money(entry.table_name, decoded(entry.table_name, entry.row))
        change = Change(entry.at_us, entry.table_name, entry.operation, row)
        if gone is not None and _is_changed(gone[1], change):
            # A row that had no stamp has been given it: that is how a stranger's comes.
            operation: Operation = "update" if gone[1].row.get(STAMP, 0) is not None else "insert"
            gone, change = None, replace(change, operation=operation)
        if gone is not None:
            yield gone
        gone = (entry.change_id, change) if change.operation == "delete" else None
        if gone is None:
            yield entry.change_id, change
    if gone is not None:
        yield gone


def _is_changed(gone: Change, come: Change) -> bool:
    """Whether the row that went is the one that came."""
    if (come.stamp_us, come.table, come.operation) != (gone.stamp_us, gone.table, "insert"):
        return False
    table = metadata.tables.get(come.table)
    return table is not None and all(come.row[column.name] == gone.row[column.name] for column in table.primary_key)


def is_no_news(change_id: int, change: Change) -> bool:
    """Of history the log tells only what is changed or removed: rows that are new are read from the table.

    One in the log has come back from the archive, or was given the stamp that it came without.
    """
    return bool(change_id) and change.table in APPENDED and change.operation == "insert"


def _with_money(name: str, row: dict[str, Any]) -> dict[str, Any]:
    table = metadata.tables.get(name)
    money = [column.name for column in table.c if isinstance(column.type, Money)] if table is not None else []
    return row | {name: Decimal(row[name]) for name in money if row.get(name) is not None}
