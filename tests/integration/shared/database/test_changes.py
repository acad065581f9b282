"""The change log holds every change of a table that may change, whoever makes it, and tells each row exactly."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import example, given, settings
from hypothesis import strategies as st

import shared.database.schema
from schema import migrate
from shared.database import Database, open_database, triggers
from shared.database.changes import (
    APPENDED,
    LIVE_COLUMNS,
    MACHINERY,
    QUIET,
    REALS,
    STAMP,
    changes,
    decoded,
    prune_changes,
)
from shared.database.schema import upgrade
from shared.database.sqlite import library
from shared.database.types import Real
from shared.models import metadata
from tests.integration.shared.database.writers import BALANCE, STRATEGY, ours, stranger

STATE = "INSERT INTO trading_states VALUES ('s', 'active', 'operator', {}, 1)"
POSITION = "INSERT INTO positions VALUES ('s', 'binance', 'BTC/USDT', '1', '2', '3', '4', '5', 6)"


def log(database: Database, table: str) -> list[tuple[str, dict[str, Any]]]:
    """What is logged of a table: (operation, row)."""
    with database.read() as connection:
        found = list(changes(connection))
    return [(each.operation, decoded(table, each.row)) for each in found if each.table_name == table]


@pytest.fixture
def books(database: Database) -> Database:
    """With a strategy."""
    ours(database, STRATEGY.format("s"))
    return database


def test_every_table_is_logged_stamped_or_named_with_a_reason() -> None:
    stamped = {name for name, table in metadata.tables.items() if STAMP in table.columns}
    assert stamped == set(APPENDED)
    assert not set(APPENDED) & (QUIET | MACHINERY)
    for name, live in LIVE_COLUMNS.items():
        assert live < set(metadata.tables[name].columns.keys()) - set(metadata.tables[name].primary_key.columns.keys())


def test_the_columns_of_doubles_are_named() -> None:
    doubles = {
        name: {column.name for column in table.columns if isinstance(column.type, type(Real))}
        for name, table in metadata.tables.items()
    }
    assert {name: columns for name, columns in doubles.items() if columns} == {k: set(v) for k, v in REALS.items()}


def test_the_installed_triggers_are_those_that_the_models_ask_for(database: Database, tmp_path: Path) -> None:
    modelled = open_database(f"sqlite:///{tmp_path}/models.db")
    with modelled.write() as connection:
        metadata.create_all(connection)
    with modelled.read() as connection:
        wanted = triggers.expected(connection.connection.driver_connection)
    modelled.close()
    with database.read() as connection:
        assert triggers.installed(connection.connection.driver_connection) == wanted
    logged = {sql.split(" ON ")[1].split('"')[1] for name, sql in wanted.items() if name != "log_clock_step"}
    assert logged == set(metadata.tables) - MACHINERY


def test_triggers_that_somebody_took_away_or_changed_come_back(database: Database, database_file: Path) -> None:
    with database.read() as connection:
        before = triggers.installed(connection.connection.driver_connection)
    stranger(
        database_file,
        "DROP TRIGGER log_insert_leases",
        "DROP TRIGGER log_update_leases",
        "CREATE TRIGGER log_update_leases AFTER UPDATE ON leases BEGIN SELECT 1; END",
        "CREATE TRIGGER log_more AFTER UPDATE ON leases BEGIN SELECT 1; END",
        "CREATE TRIGGER mine AFTER UPDATE ON leases BEGIN SELECT 1; END",
    )
    upgrade(database)
    with database.read() as connection:
        driver: Any = connection.connection.driver_connection
        assert triggers.installed(driver) == before
        assert driver.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'mine'").fetchone() == (1,)


@pytest.mark.parametrize("version", ["0001", "0002", "0003", "0004"])
def test_a_database_of_an_older_schema_gets_the_same_triggers_and_its_rows_no_stamp(
    tmp_path: Path, database: Database, version: str
) -> None:
    old = open_database(f"sqlite:///{tmp_path}/old.db")
    old.settle()
    config = Config()
    config.set_main_option("script_location", str(Path(shared.database.schema.__file__).parent / "migrations"))
    with old.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        columns = "strategy_id, exchange, symbol, timeframe, strategy_name, config, status, reason, created_at_us"
        connection.exec_driver_sql(
            f"INSERT INTO strategy_metadata ({columns}, updated_at_us)"
            " VALUES ('s', '', '', '', '', '', 'active', '', 1, 1)"
        )
        connection.exec_driver_sql(BALANCE)
    upgrade(old)
    ours(old, BALANCE)
    with old.read() as connection, database.read() as fresh:
        mine, theirs = (each.connection.driver_connection for each in (connection, fresh))
        assert triggers.installed(mine) == triggers.installed(theirs)
        stamps = [stamp for (stamp,) in connection.exec_driver_sql("SELECT stamp_us FROM balance_history")]
        assert stamps[0] is None
        assert stamps[1:] == [connection.exec_driver_sql("SELECT at_us FROM change_clock").scalar_one()]
    old.close()


def test_an_insert_an_update_and_a_delete_are_logged_with_the_row_they_leave_or_take(books: Database) -> None:
    ours(books, POSITION, "UPDATE positions SET amount = '7'", "DELETE FROM positions")
    row = dict(zip(metadata.tables["positions"].columns.keys(), ("s", "binance", "BTC/USDT", *"12345", 6), strict=True))
    after = row | {"amount": "7"}
    assert log(books, "positions") == [("insert", row), ("update", after), ("delete", after)]


def test_a_row_that_gets_another_key_is_one_that_goes_and_one_that_comes(books: Database) -> None:
    ours(books, STATE.format("'x'"), "UPDATE trading_states SET scope = 't', state = 'halted'")
    told = [(operation, row["scope"], row["state"]) for operation, row in log(books, "trading_states")]
    assert told[0] == ("insert", "s", "active")
    assert set(told[1:]) == {("delete", "s", "active"), ("update", "t", "halted")}


def test_an_upsert_is_the_change_it_comes_to(books: Database) -> None:
    upsert = STATE.format("'x'") + " ON CONFLICT (scope) DO UPDATE SET reason = 'y'"
    ours(books, upsert, upsert, STATE.format("'z'").replace("INSERT", "INSERT OR IGNORE"))
    assert [(each, row["reason"]) for each, row in log(books, "trading_states")] == [("insert", "x"), ("update", "y")]


def test_a_row_that_replaces_another_is_logged_as_the_row_that_stands_now(books: Database) -> None:
    ours(books, STATE.format("'x'"), STATE.format("'y'").replace("INSERT", "INSERT OR REPLACE"))
    assert [(each, row["reason"]) for each, row in log(books, "trading_states")] == [("insert", "x"), ("insert", "y")]


def test_live_marks_alone_are_not_logged_and_anything_else_is(books: Database) -> None:
    ours(books, "INSERT INTO leases VALUES ('s', 'me', 1, 10, 'boot', 1)")
    ours(books, "UPDATE leases SET expires_us = 20, boot_id = 'next', updated_at_us = 2")
    ours(books, "UPDATE leases SET owner = NULL, expires_us = 30")
    assert [(each, row["owner"], row["expires_us"]) for each, row in log(books, "leases")] == [
        ("insert", "me", 10),
        ("update", None, 30),
    ]


def test_what_our_transactions_append_is_stamped_and_not_logged(books: Database) -> None:
    with books.write() as connection:
        connection.exec_driver_sql(
            BALANCE.replace("at_us)", "at_us, stamp_us)").replace("1)", "1, (SELECT at_us FROM change_clock))")
        )
    assert log(books, "balance_history") == []


def test_what_a_stranger_appends_is_stamped_and_logged(books: Database, database_file: Path) -> None:
    stranger(database_file, BALANCE, BALANCE)
    told = log(books, "balance_history")
    with books.read() as connection:
        stamps = list(connection.exec_driver_sql("SELECT stamp_us FROM balance_history").scalars())
    assert [operation for operation, _ in told] == ["delete", "insert"] * 2  # without its stamp, and with it
    assert [row["stamp_us"] for _, row in told] == [None, stamps[0], None, stamps[1]]
    assert stamps[0] < stamps[1]


def test_an_old_row_that_is_brought_back_keeps_its_stamp_and_is_logged(books: Database) -> None:
    ours(books, BALANCE.replace("at_us)", "at_us, stamp_us)").replace("1)", "1, 77)"))
    assert [(operation, row["stamp_us"]) for operation, row in log(books, "balance_history")] == [("insert", 77)]


def test_what_is_only_appended_is_logged_before_and_after_a_change_whoever_makes_it(
    books: Database, database_file: Path
) -> None:
    ours(books, BALANCE, "UPDATE balance_history SET total = '2'")
    stranger(database_file, "DELETE FROM balance_history")
    told = [(operation, row["total"]) for operation, row in log(books, "balance_history")]
    assert told[-3:] == [("delete", "1"), ("insert", "2"), ("delete", "2")]


def test_of_candles_only_a_strangers_changes_are_logged(books: Database, database_file: Path) -> None:
    candle = "INSERT INTO ohlcv_data VALUES ('binance', 'BTC/USDT', '1m', {}, 1.1, 2.2, 1.1, 2.1, 0.3)"
    ours(books, candle.format(0), candle.format(60_000), "DELETE FROM ohlcv_data WHERE timestamp = 0")
    stranger(database_file, "UPDATE ohlcv_data SET volume = 0.1 + 0.2", "DELETE FROM ohlcv_data")
    told = [(operation, row["volume"]) for operation, row in log(books, "ohlcv_data")]
    assert told == [("delete", 0.3), ("insert", 0.1 + 0.2), ("delete", 0.1 + 0.2)]


def test_a_deletion_that_another_one_brings_about_is_logged(books: Database, database_file: Path) -> None:
    ours(books, "CREATE TABLE pages (page INTEGER PRIMARY KEY REFERENCES books ON DELETE CASCADE) STRICT")
    ours(books, "CREATE TABLE books (book INTEGER PRIMARY KEY) STRICT", "INSERT INTO books VALUES (1)")
    upgrade(books)
    ours(books, "INSERT INTO pages VALUES (1)", "DELETE FROM books")
    assert log(books, "pages") == [("insert", {"page": 1}), ("delete", {"page": 1})]


#: Letters of every length in UTF-8, what JSON and SQL quote, and NUL.
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)


@given(TEXTS)
@example("\0")
@example("a\0b")
@example("'\"\\\n\x1f\u2028\U0001f600")
@settings(max_examples=60, deadline=None)
def test_any_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    assert logged_row(tmp_path_factory, "trading_states", ("s", "active", "operator", text, 1))["reason"] == text


@given(st.integers(-(2**63), 2**63 - 1))
@example(2**53 + 1)
@settings(max_examples=40, deadline=None)
def test_any_whole_number_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, number: int) -> None:
    row = logged_row(tmp_path_factory, "trading_states", ("s", "active", "operator", "", number))
    assert row["updated_at_us"] == number


@given(st.floats(allow_nan=False))
@example(5e-324)
@example(1.7976931348623157e308)
@example(0.1)
@example(float("inf"))
@settings(max_examples=300, deadline=None)
def test_any_double_comes_back_to_the_bit(tmp_path_factory: pytest.TempPathFactory, number: float) -> None:
    row = logged_row(tmp_path_factory, "keeper_jobs", ("j", "ok", "", 1, None, None, number, "{}"))
    assert row["seconds"] == number
    assert row["ended_at_us"] is None


_SCRATCH: list[Any] = []


def logged_row(places: pytest.TempPathFactory, table: str, values: tuple[Any, ...]) -> dict[str, Any]:
    """What the log tells of a row that a stranger writes, deletes and takes back."""
    if not _SCRATCH:
        path = places.mktemp("scratch") / "trading.db"
        migrate(f"sqlite:///{path}", path)
        _SCRATCH.append(library().connect(path, isolation_level=None))
    connection = _SCRATCH[0]
    connection.execute("BEGIN")
    connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
    connection.execute(f"DELETE FROM {table}")
    rows = connection.execute("SELECT row FROM change_log ORDER BY change_id DESC LIMIT 2").fetchall()
    connection.execute("ROLLBACK")
    assert rows[0] == rows[1]
    return decoded(table, rows[0][0])


def test_pruning_keeps_the_newest_entry_so_that_no_number_comes_twice(books: Database) -> None:
    ours(books, POSITION, "UPDATE positions SET amount = '7'", "DELETE FROM positions")
    with books.write() as connection:
        before = [each.change_id for each in changes(connection)]
        assert prune_changes(connection, before[-1]) == len(before) - 1
    ours(books, POSITION)
    with books.read() as connection:
        assert [each.change_id for each in changes(connection)] == [before[-1], before[-1] + 1]
        assert [each.change_id for each in changes(connection, before[-1])] == [before[-1] + 1]
        assert [each.change_id for each in changes(connection, 0, before[-1])] == [before[-1]]


def test_another_sqlite_library_of_another_program_is_logged_too(books: Database, database_file: Path) -> None:
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=30);"
        "c.execute(\"INSERT INTO trading_states VALUES ('s', 'halted', 'operator', 'by hand', 1)\"); c.commit()"
    )
    subprocess.run([sys.executable, "-c", code, str(database_file)], check=True)
    assert [(operation, row["reason"]) for operation, row in log(books, "trading_states")] == [("insert", "by hand")]
