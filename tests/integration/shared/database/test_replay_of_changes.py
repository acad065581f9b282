"""The log and the stamped rows, put over an empty copy in the order of their stamps, make the same rows."""

import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from schema import migrate
from shared.database import open_database, triggers
from shared.database.changes import APPENDED, LIVE_COLUMNS, MACHINERY, STAMP, decoded
from shared.database.sqlite import library
from shared.models import metadata
from tests.integration.shared.database.writers import BALANCE, STRATEGY, ours, stranger

TABLES = {
    "trading_states": ("scope", ["reason", "updated_at_us"]),
    "strategy_cursors": ("strategy_id", ["candle", "updated_at_us"]),
    "leases": ("strategy_id", ["owner", "token", "expires_us"]),
    "balance_history": ("balance_id", ["total", "reason"]),
    "ticker_data": ("symbol", ["bid", "received_at_us"]),
    "state_changes": ("change_id", ["reason"]),
}
IDS = ("s", "t", "u")
WHATS = ("insert", "insert", "update", "delete", "move")


def statement(table: str, what: str, chance: random.Random) -> str:
    """Some change of some rows."""
    key, rest = TABLES[table]
    number = chance.randint(1, 9)
    where = (
        f"WHERE {key} IN ({number}, {chance.randint(1, 9)})"
        if key.endswith("_id") and table not in ("strategy_cursors", "leases")
        else f"WHERE {key} = '{chance.choice(IDS)}'"
    )
    if what == "update":
        column = chance.choice(rest)
        return f"UPDATE OR IGNORE {table} SET {column} = '{number}' {where}"
    if what == "delete":
        return f"DELETE FROM {table} {where}"
    if what == "move":
        new = f"{number}" if key in ("balance_id", "change_id") else f"'{chance.choice(IDS)}'"
        return f"UPDATE OR REPLACE {table} SET {key} = {new} {where}"
    who = chance.choice(IDS)
    rows = {
        "trading_states": f"('{who}', 'active', 'operator', 'é{number}\"', {number})",
        "strategy_cursors": f"('{who}', {number}, 1, {number})",
        "leases": f"('{who}', NULL, {number}, {number}, '', {number})",
    }
    if table in rows:
        return f"INSERT OR {chance.choice(['REPLACE', 'IGNORE'])} INTO {table} VALUES {rows[table]}"
    named = {
        "balance_history": BALANCE,
        "ticker_data": "INSERT OR IGNORE INTO ticker_data (exchange, symbol, timestamp, bid, ask, last, received_at_us)"
        f" VALUES ('b', '{who}', {number}, '1', '1', '1', 1)",
        "state_changes": "INSERT INTO state_changes (scope, old_state, new_state, source, reason, changed_at_us)"
        f" VALUES ('{who}', 'active', 'halted', 'risk', '{number}', 1)",
    }
    return named[table]


def replayed(path: Path, scratch: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The tables that the log and the stamped rows make, put over an empty copy."""
    migrate(f"sqlite:///{scratch}", scratch)
    source, target = (library().connect(each, isolation_level=None) for each in (path, scratch))
    triggers.drop(target)
    steps: list[tuple[int, int, str, str, dict[str, Any]]] = []
    for number, at, table, operation, row in source.execute("SELECT * FROM change_log").fetchall():
        steps.append((at, number, table, operation, decoded(table, row)))
    for table in APPENDED:
        names = names_of(table)
        for row in source.execute(f"SELECT * FROM {table} WHERE stamp_us IS NOT NULL").fetchall():
            values = dict(zip(names, row, strict=True))
            steps.append((values[STAMP], 0, table, "insert", values))
    for _, _, table, operation, values in sorted(steps, key=lambda step: step[:2]):
        columns, key = ", ".join(values), metadata.tables[table].primary_key.columns.keys()
        if operation == "delete":
            here = " AND ".join(f"{name} = ?" for name in key)
            target.execute(f"DELETE FROM {table} WHERE {here}", [values[name] for name in key])
        else:
            marks = ", ".join("?" * len(values))
            target.execute(f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})", list(values.values()))
    made = rows_of(target)
    source.close()
    target.close()
    return made


def names_of(table: str) -> list[str]:
    return list(metadata.tables[table].columns.keys())


def rows_of(connection: Any) -> dict[str, list[tuple[Any, ...]]]:
    """All rows, without what is live."""
    found = {}
    for table in metadata.tables:
        if table not in MACHINERY:
            live = LIVE_COLUMNS.get(table, frozenset())
            names = ", ".join(f'"{name}"' for name in names_of(table) if name not in live)
            found[table] = sorted(connection.execute(f"SELECT {names} FROM {table}").fetchall(), key=str)
    return found


@given(st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_the_log_and_the_stamped_rows_make_the_tables_whatever_happened(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    chance, place = random.Random(seed), tmp_path_factory.mktemp("history")
    path = place / "trading.db"
    migrate(f"sqlite:///{path}", path)
    database = open_database(f"sqlite:///{path}")
    ours(database, *(STRATEGY.format(each) for each in IDS))
    for _ in range(chance.randint(1, 25)):
        several = [
            statement(chance.choice(list(TABLES)), chance.choice(WHATS), chance) for _ in range(chance.randint(1, 4))
        ]
        with suppress(IntegrityError, library().IntegrityError):  # a rule of the tables
            if chance.random() < 0.5:
                ours(database, *several)
            else:
                stranger(path, *several)
    database.close()
    connection = library().connect(path)
    stands = rows_of(connection)
    connection.close()
    assert replayed(path, place / "again.db") == stands
