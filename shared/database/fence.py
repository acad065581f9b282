"""The SQL that stands before each table of books on a scoped connection: shared.database.scope runs it.

A temporary view of the table's name shows the strategy's own rows, its triggers hand changes on to the table, and
triggers on the table refuse to touch another strategy's row, whichever way a statement comes: REPLACE, too.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from shared.database.changes import STAMP
from shared.trading.state import BY_SCRIPT, DESK

#: The SQL function that says whose books a connection may reach at the moment; NULL: nobody's.
OWN_STRATEGY = "own_strategy"


#: The view that shows a confined connection when orders were decided on (us), whosever they are, and nothing else.
DESK_ORDERS = "desk_orders"


class Table(NamedTuple):
    """`owner` is the column that says whose row it is, None where rows are nobody's; `defaults` are SQL."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    defaults: dict[str, str]
    owner: str | None


def read_tables(connection: Any, schema: str) -> list[Table]:
    """The tables of an attached database. Whose rows are a strategy's, its columns say: none is forgotten here."""
    names = connection.execute(f"SELECT name FROM {schema}.sqlite_schema WHERE type = 'table'").fetchall()  # noqa: S608
    return [_table(connection, schema, name) for (name,) in names if not name.startswith("sqlite_")]


def fence(schema: str, table: Table) -> Iterator[str]:
    """The statements for one table; none where rows are nobody's."""
    if table.owner is None:
        return
    yield _view(schema, table)
    for action in ("INSERT", "UPDATE", "DELETE"):
        yield _hand_on(schema, table, action)
        yield _refuse(schema, table, action)


def shared_views(schema: str) -> Iterator[str]:
    """What may be known of all strategies: the desk's limit on orders is checked where an order is placed.

    A script's trades are no orders of the desk's.

    One strategy after the other, as the index on strategy and time serves it.
    """
    yield (
        f"CREATE TEMP VIEW {DESK_ORDERS} AS SELECT each.decided_at_us FROM {schema}.strategy_metadata AS whose"  # noqa: S608
        f" CROSS JOIN {schema}.orders AS each ON each.strategy_id = whose.strategy_id"
        f" WHERE whose.strategy_name <> '{BY_SCRIPT}'"
    )


def _table(connection: Any, schema: str, name: str) -> Table:
    found = connection.execute(f"PRAGMA {schema}.table_info({_quoted(name)})").fetchall()
    columns = tuple(column for _, column, *_ in found)
    owner = next((column for column in ("strategy_id", "scope") if column in columns), None)
    key = tuple(dict.fromkeys([row[1] for row in found if row[5]] + [owner] * (owner is not None)))
    return Table(name, columns, key, {row[1]: row[4] for row in found if row[4] is not None}, owner)


def _view(schema: str, table: Table) -> str:
    """Own rows; of a table that is kept by scope, also the desk's."""
    name, whose = _quoted(table.name), f"{OWN_STRATEGY}()" + (f", '{DESK}'" if table.owner == "scope" else "")
    return f"CREATE TEMP VIEW {name} AS SELECT * FROM {schema}.{name} WHERE {table.owner} IN ({whose})"  # noqa: S608


def _hand_on(schema: str, table: Table, action: str) -> str:
    name, base = _quoted(f"{action} through {table.name}"), f"{schema}.{_quoted(table.name)}"
    here = " AND ".join(f"{each} = OLD.{each}" for each in map(_quoted, table.key))
    moved = " OR ".join(f"NEW.{each} IS NOT OLD.{each}" for each in map(_quoted, table.key))
    rest = [column for column in table.columns if column not in (*table.key, STAMP)]
    changes = ", ".join(f"{each} = NEW.{each}" for each in map(_quoted, rest))
    step = {
        "INSERT": f"INSERT INTO {base} ({_listed(table.columns)}) VALUES ({', '.join(_values(schema, table))})",  # noqa: S608
        "UPDATE": f"SELECT RAISE(ABORT, 'a row keeps its key and never becomes another strategy''s')"  # noqa: S608
        f" WHERE {moved}; UPDATE {base} SET {changes} WHERE {here}",
        "DELETE": f"DELETE FROM {base} WHERE {here}",  # noqa: S608
    }
    return f"CREATE TEMP TRIGGER {name} INSTEAD OF {action} ON temp.{_quoted(table.name)} BEGIN {step[action]}; END"


def _refuse(schema: str, table: Table, action: str) -> str:
    name, row = _quoted(f"{action} on {table.name}"), "NEW" if action == "INSERT" else "OLD"
    return (
        f"CREATE TEMP TRIGGER {name} BEFORE {action} ON {schema}.{_quoted(table.name)}"
        f" WHEN {row}.{table.owner} IS NOT {OWN_STRATEGY}()"
        " BEGIN SELECT RAISE(ABORT, 'these books belong to another strategy'); END"
    )


def _values(schema: str, table: Table) -> Iterator[str]:
    """Through a view, a column that is left out comes as NULL. The stamp is the transaction's, whatever comes."""
    for column in table.columns:
        default = table.defaults.get(column)
        if column == STAMP:
            yield f"(SELECT at_us FROM {schema}.change_clock)"  # noqa: S608
        else:
            yield f"NEW.{_quoted(column)}" if default is None else f"coalesce(NEW.{_quoted(column)}, {default})"


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(map(_quoted, columns))


def _quoted(name: str) -> str:
    return f'"{name}"'
