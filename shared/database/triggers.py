"""The triggers that write the change log: SQL made from a table's columns. Why so: docs/decisions/0026-change-log.md.

They are plain SQL of any SQLite since 3.38 and need no function of ours: the `sqlite3` command fires them, too.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from shared.database.changes import APPENDED, KEPT_OLD, LIVE_COLUMNS, MACHINERY, QUIET, STAMP, STEP_US, TRIGGER

#: The wall clock in microseconds, as fine as SQLite has it: to the millisecond.
_CLOCK = "(strftime('%s', 'now') * 1000000 + substr(strftime('%f', 'now'), 4) * 1000)"
#: Who is no transaction of ours takes a stamp for each change.
_TAKE = (
    f"UPDATE change_clock SET at_us = max(at_us + 1, {_CLOCK}), clock_us = {_CLOCK}"  # noqa: S608 - our own names
    " WHERE clock_id = 1 AND held = 0"
)
_AT = "(SELECT at_us FROM change_clock)"
#: The stamp of our transaction that runs; 0 outside of one, which no row has.
_OURS = "(SELECT at_us * held FROM change_clock)"
_IS_STRANGE = "(SELECT held FROM change_clock) = 0"

#: Whoever finds the clock behind the stamps tells what it says: the stretch is noted, or goes on.
_CLOCK_STEP = f"""CREATE TRIGGER {TRIGGER}clock_step AFTER UPDATE OF clock_us ON change_clock
WHEN NEW.at_us > NEW.clock_us + {STEP_US}
BEGIN
    UPDATE clock_steps SET until_us = NEW.at_us, to_us = min(to_us, NEW.clock_us) WHERE until_us = NEW.at_us - 1;
    INSERT INTO clock_steps (at_us, from_us, to_us, until_us)
    SELECT NEW.at_us, NEW.at_us - 1, NEW.clock_us, NEW.at_us
    WHERE NOT EXISTS (SELECT 1 FROM clock_steps WHERE until_us = NEW.at_us);
END"""  # noqa: S608


_KINDS = frozenset({"INTEGER", "INT", "TEXT", "REAL"})
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TABLES = "PRAGMA main.table_list"


class Columns(NamedTuple):
    """A table's columns with their SQL types, in their order, and those of its primary key."""

    table: str
    types: Mapping[str, str]
    key: tuple[str, ...]


def install(connection: Any) -> None:
    """Give a database of the driver's connection exactly the triggers its tables ask for, inside a transaction."""
    wanted = dict(expected(connection))
    found = installed(connection)
    for name in found:
        if found[name] != wanted.get(name):
            connection.execute(f'DROP TRIGGER "{name}"')
    for name, sql in wanted.items():
        if found.get(name) != sql:
            connection.execute(sql)


def drop(connection: Any) -> None:
    """Take them away, for a migration: it would have to mind them with each table it changes."""
    for name in installed(connection):
        connection.execute(f'DROP TRIGGER "{name}"')


def installed(connection: Any) -> dict[str, str]:
    """The log's triggers that a database has: their SQL by name."""
    rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    return {name: sql for name, sql in rows if name.startswith(TRIGGER)}


def expected(connection: Any) -> dict[str, str]:
    """The triggers that its tables ask for; none where there is no log yet. What is logged is strict, as ours are."""
    found = {name: strict for _, name, kind, _, _, strict in connection.execute(_TABLES) if kind == "table"}
    if "change_log" not in found:
        return {}
    named = (name for name, strict in found.items() if strict and name not in MACHINERY)
    names = sorted(filter(_PLAIN.fullmatch, named))
    tables = [table for name in names if _can_be_told(table := columns(connection, name))]
    return made([sql for table in tables for sql in of_table(table)] + [_CLOCK_STEP])


def unlogged(connection: Any) -> list[str]:
    """Tables of which the log tells nothing: a user's own that can't be logged, or that came since the triggers."""
    has = installed(connection)
    names = [name for _, name, kind, *_ in connection.execute(_TABLES) if kind == "table" and name[:7] != "sqlite_"]
    return sorted(name for name in names if name not in MACHINERY and f"{TRIGGER}delete_{name}" not in has)


def columns(connection: Any, table: str) -> Columns:
    """What the database says of a table."""
    found = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    key = sorted((place, name) for _, name, *_, place in found if place)
    return Columns(table, {name: kind for _, name, kind, *_ in found}, tuple(name for _, name in key))


def _can_be_told(table: Columns) -> bool:
    """Whether a row can be written as JSON and found again. All of ours can; of a user's own table nobody knows, and a
    trigger that fails would fail its every write.
    """
    return bool(table.key) and set(table.types.values()) <= _KINDS and all(map(_PLAIN.fullmatch, table.types))


def made(statements: Iterable[str]) -> dict[str, str]:
    """Each by its trigger's name."""
    return {sql.split()[2]: sql for sql in statements}


def of_table(table: Columns) -> Iterator[str]:
    """A table's triggers."""
    if table.table in QUIET:
        yield _replaced(table, _IS_STRANGE)
        yield _trigger(table, "delete", "DELETE", _IS_STRANGE)
        return
    yield _appended(table) if table.table in APPENDED else _trigger(table, "insert", "INSERT", "")
    yield _trigger(table, "delete", "DELETE", "")
    if table.table in APPENDED or table.table in KEPT_OLD:
        yield _replaced(table, "")
    else:
        yield _trigger(table, "update", "UPDATE", _differs(table, LIVE_COLUMNS.get(table.table, ())))
        yield _moved(table)


def _trigger(table: Columns, operation: str, event: str, when: str) -> str:
    # A step of the clock is noted by a change that has its stamp already.
    steps = [_entry(table, operation)] if table.table == "clock_steps" else [_TAKE, _entry(table, operation)]
    return _written(f"{operation}_{table.table}", event, table, when, *steps)


def _replaced(table: Columns, when: str) -> str:
    """An update of which the old row is to be known, too: it goes, and another comes, with one stamp."""
    steps = (_TAKE, _entry(table, "delete"), _entry(table, "insert"))
    return _written(f"update_{table.table}", "UPDATE", table, when, *steps)


def _moved(table: Columns) -> str:
    """A row under a new key: what it was is gone."""
    when = " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in table.key)
    event = "UPDATE OF " + ", ".join(f'"{name}"' for name in table.key)
    return _written(f"key_{table.table}", event, table, when, _TAKE, _entry(table, "delete"))


def _appended(table: Columns) -> str:
    """A row that carries its transaction's stamp says all itself; one without gets it, one with another is logged."""
    here = " AND ".join(f'"{name}" = NEW."{name}"' for name in table.key)
    stamp = f'UPDATE "{table.table}" SET {STAMP} = {_AT} WHERE {here} AND {STAMP} IS NULL'  # noqa: S608
    again = f"{_entry(table, 'insert')} WHERE NEW.{STAMP} IS NOT NULL"
    return _written(f"insert_{table.table}", "INSERT", table, f"NEW.{STAMP} IS NOT {_OURS}", _TAKE, again, stamp)


def _differs(table: Columns, live: Iterable[str]) -> str:
    """More than live marks has changed; no condition where there are none."""
    if not live:
        return ""
    return " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in table.types if name not in live)


def _entry(table: Columns, operation: str) -> str:
    row = "OLD" if operation == "delete" else "NEW"
    values = ", ".join(f"'{name}', {_value(row, name, kind)}" for name, kind in table.types.items())
    return (
        'INSERT INTO change_log (at_us, table_name, operation, "row")'  # noqa: S608
        f" SELECT at_us, '{table.table}', '{operation}', json_object({values}) FROM change_clock"
    )


def _value(row: str, name: str, kind: str) -> str:
    """A double is written out: not every SQLite gives JSON all of its digits."""
    value = f'{row}."{name}"'
    return f"iif({value} IS NULL, NULL, printf('%!.17g', {value}))" if kind == "REAL" else value


def _written(name: str, event: str, table: Columns, when: str, *steps: str) -> str:
    condition = f"\nWHEN {when}" if when else ""
    body = "".join(f"    {step};\n" for step in steps)
    return f'CREATE TRIGGER {TRIGGER}{name} AFTER {event} ON "{table.table}"{condition}\nBEGIN\n{body}END'
