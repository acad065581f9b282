"""A strategy's own transaction can't read or change another's books, whatever SQL it is given."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Table, insert
from sqlalchemy.exc import IntegrityError

from shared.database import Database, dialect, open_database, scope
from shared.database.scope import version_warning
from shared.database.sqlite import library
from shared.database.types import Money, Real, Whole
from shared.errors import RepairError, StopError
from shared.models import metadata, ohlcv_data, orders, signals, trades, trading_states

pytestmark = pytest.mark.skipif(version_warning() is not None, reason="this SQLite can't hold a scope")

MINE, THEIRS, DESK = "mine", "theirs", "*"
#: In every text column of the other strategy that may say anything.
MARK = "TOLD-TO-NOBODY"
BOOKS = [table for table in metadata.sorted_tables if {"strategy_id", "scope"} & set(table.columns.keys())]
NAMES = [table.name for table in BOOKS]
WORDS = {
    "side": "buy",
    "kind": "market",
    "broker": "paper",
    "liquidity": "taker",
    "state": "halted",
    "source": "operator",
    "status": "open",
    "leg": "entry",
}
WORDS_OF = {("strategy_metadata", "status"): "active", ("operator_requests", "kind"): "flatten"}


def row(table: Table, owner: str) -> dict[str, Any]:
    """A row of a table of books."""
    return {column.name: value(table, column, owner) for column in table.columns}


def value(table: Table, column: Column[Any], owner: str) -> object:
    if column.name in ("strategy_id", "scope"):
        return owner
    if column.name == "client_order_id":
        return f"order of {owner}"
    if isinstance(column.type, Money):
        return Decimal(7)
    if isinstance(column.type, type(Real)):
        return 7.0
    if isinstance(column.type, type(Whole)):
        return {MINE: 1, THEIRS: 2, DESK: 3}[owner]
    told = WORDS_OF.get((table.name, column.name), WORDS.get(column.name))
    return told or (f"{MARK} {column.name}" if owner == THEIRS else f"{owner} {column.name}")


@pytest.fixture
def desk(database: Database) -> Database:
    """A row of each of two strategies in every table of books, the desk's where it has one, and a candle."""
    with database.write() as connection:
        for table in BOOKS:
            owners = (MINE, THEIRS, DESK) if "scope" in table.columns else (MINE, THEIRS)
            connection.execute(insert(table), [row(table, owner) for owner in owners])
        candle = dict.fromkeys(("open", "high", "low", "close", "volume"), 1.0)
        series = {"exchange": "binance", "symbol": "BTC/USDT", "timeframe": "1m", "timestamp": 0}
        connection.execute(insert(ohlcv_data).values(**series, **candle))
    return database


def theirs(database: Database) -> list[list[str]]:
    """Every row that is not ours, as it is stored."""
    names = [*NAMES, "ohlcv_data", "alembic_version", "sqlite_schema"]
    with database.read() as connection:
        stored = [connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in names]
    return [sorted(str(found) for found in rows if MINE not in found) for rows in stored]


def attack(database: Database, script: str) -> list[object]:
    """All that raw SQL brings to light, one statement after another on the scoped connection: rows and errors."""
    found: list[object] = []
    for way_in in (database.write_as, database.read_as):
        with way_in(MINE) as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            for statement in script.split(";"):
                try:
                    found += driver.execute(statement).fetchall()
                except library().Error as error:
                    found.append(error)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_of_every_table_of_books_a_strategy_sees_its_own_rows_and_the_desks(desk: Database, name: str) -> None:
    for way_in in (desk.write_as, desk.read_as):
        with way_in(MINE) as connection:
            seen = connection.exec_driver_sql(f"SELECT * FROM {name}").all()
        assert len(seen) == (2 if "scope" in metadata.tables[name].columns else 1)
        assert THEIRS not in str(seen)


def test_the_market_is_there_to_read(desk: Database) -> None:
    with desk.write_as(MINE) as connection:
        assert connection.execute(ohlcv_data.select()).one().close == 1.0


def test_what_a_strategy_writes_to_its_own_books_is_there_for_all(desk: Database) -> None:
    with desk.write_as(MINE) as connection:
        connection.execute(insert(signals).values({**row(signals, MINE), "candle": 8}))
        connection.execute(signals.update().where(signals.c.candle == 8).values(reason="changed"))
        connection.execute(signals.delete().where(signals.c.candle == 9))
    with desk.read() as connection:
        query = signals.select().where(signals.c.candle == 8)
        assert connection.execute(query).one().reason == "changed"


def test_columns_that_are_left_out_have_the_tables_defaults(desk: Database) -> None:
    wanted = {name: cell for name, cell in row(orders, MINE).items() if name not in ("kind", "filled", "broker")}
    with desk.write_as(MINE) as connection:
        connection.execute(insert(orders).values({**wanted, "client_order_id": "another"}))
        made = connection.execute(orders.select().where(orders.c.client_order_id == "another")).one()
    assert (made.kind, made.filled, made.broker) == ("market", Decimal(0), "paper")


def test_of_all_orders_a_strategy_sees_when_they_were_decided_and_nothing_else(desk: Database) -> None:
    for way_in in (desk.write_as, desk.read_as):
        with way_in(MINE) as connection:
            found = connection.exec_driver_sql("SELECT * FROM desk_orders ORDER BY 1")
            assert list(found.keys()) == ["decided_at_us"]
            assert [tuple(seen) for seen in found] == [(1,), (2,)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT strategy_id FROM desk_orders",
        "SELECT each.strategy_id FROM desk_orders",
        "SELECT rowid FROM desk_orders JOIN orders USING (decided_at_us)",
        "INSERT INTO desk_orders VALUES (9)",
        "DELETE FROM desk_orders",
        "DROP VIEW desk_orders",
        "CREATE TEMP TRIGGER mine INSTEAD OF DELETE ON desk_orders BEGIN SELECT 1; END",
    ],
)
def test_the_times_of_orders_lead_no_further(desk: Database, statement: str) -> None:
    before = theirs(desk)
    found = attack(desk, statement)
    assert all(isinstance(each, library().Error) for each in found), found
    assert theirs(desk) == before


def test_several_strategies_commit_together_and_each_reaches_its_own_books_only(desk: Database) -> None:
    with desk.write_as_each() as own:
        for whose in (MINE, THEIRS):
            with own(whose) as connection:
                connection.execute(signals.update().values(reason=f"by {whose}"))
                seen = connection.exec_driver_sql("SELECT strategy_id, reason FROM signals").all()
                assert [tuple(each) for each in seen] == [(whose, f"by {whose}")]
    with desk.read() as connection:
        found = connection.exec_driver_sql("SELECT strategy_id, reason FROM signals ORDER BY 1").all()
    assert [tuple(seen) for seen in found] == [(MINE, f"by {MINE}"), (THEIRS, f"by {THEIRS}")]


def test_between_the_parts_of_several_strategies_there_is_nothing_to_reach(desk: Database) -> None:
    with desk.write_as_each() as own:
        with own(MINE) as connection:
            pass
        assert connection.exec_driver_sql("SELECT * FROM signals").all() == []


def test_what_several_strategies_wrote_is_gone_together_if_the_transaction_fails(desk: Database) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(signals.update().values(reason="half"))
        raise ZeroDivisionError

    before = theirs(desk)
    with pytest.raises(ZeroDivisionError), desk.write_as_each() as own, own(THEIRS) as connection:
        fail(connection)
    assert theirs(desk) == before


def test_foreign_keys_hold(desk: Database) -> None:
    orphan = {**row(orders, MINE), "client_order_id": "another", "candle": 77}
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), desk.write_as(MINE) as connection:
        connection.execute(insert(orders).values(orphan))


@pytest.mark.parametrize("name", NAMES)
def test_another_strategys_row_can_be_neither_made_nor_taken(desk: Database, name: str) -> None:
    table, before = metadata.tables[name], theirs(desk)
    owner = table.c.get("strategy_id", table.c.get("scope"))
    assert owner is not None
    fresh = {**row(table, THEIRS), **{c.name: 99 for c in table.primary_key if isinstance(c.type, type(Whole))}}
    fresh |= {c.name: "fresh" for c in table.primary_key if not isinstance(c.type, type(Whole)) and c is not owner}
    for statement in (insert(table).values(fresh), table.update().values({owner.name: THEIRS})):
        with pytest.raises(RepairError, match="reached for what is not its own"), desk.write_as(MINE) as connection:
            connection.execute(statement)
    with desk.write_as(MINE) as connection:
        connection.execute(table.update().where(owner == THEIRS).values({owner.name: THEIRS}))
        connection.execute(table.delete().where(owner == THEIRS))
    assert theirs(desk) == before


def test_the_desks_state_can_be_seen_but_not_changed(desk: Database) -> None:
    here = trading_states.c.scope == DESK
    with desk.write_as(MINE) as connection:
        assert connection.execute(trading_states.select().where(here)).one().state == "halted"
    for statement in (trading_states.update().where(here).values(state="active"), trading_states.delete().where(here)):
        with pytest.raises(RepairError, match="another strategy"), desk.write_as(MINE) as connection:
            connection.execute(statement)


def test_the_market_can_not_be_changed(desk: Database) -> None:
    with pytest.raises(RepairError, match="not its own"), desk.write_as(MINE) as connection:
        connection.execute(ohlcv_data.delete())


def test_a_read_can_not_write_even_its_own_books(desk: Database) -> None:
    with pytest.raises(StopError, match="is read-only"), desk.read_as(MINE) as connection:
        connection.execute(signals.update().values(reason="changed"))


READS = [
    "SELECT * FROM {t}",
    "SELECT * FROM main.{t}",
    "SELECT * FROM temp.{t}",
    "SELECT * FROM (SELECT * FROM {t}) WHERE 1 OR strategy_id = 'theirs'",
    "SELECT * FROM {t} WHERE strategy_id = 'theirs' OR 1 = 1",
    "SELECT (SELECT group_concat(strategy_id) FROM {t})",
    "WITH {t} AS (SELECT * FROM main.{t}) SELECT * FROM {t}",
    "WITH {t} AS (SELECT * FROM {t}) SELECT * FROM {t}",
    "WITH RECURSIVE x(n) AS (VALUES (1) UNION SELECT n + 1 FROM x WHERE n < 3) SELECT * FROM x, {t}",
    "SELECT a.* FROM {t} a RIGHT JOIN {t} b ON 1",
    "SELECT * FROM {t} NATURAL JOIN strategy_metadata",
    "SELECT * FROM {t} UNION ALL SELECT * FROM {t}",
    "TABLE {t}",
    "SELECT max(rowid) FROM {t}",
    "SELECT * FROM {t} NOT INDEXED",
    "EXPLAIN SELECT * FROM {t}",
    "EXPLAIN QUERY PLAN SELECT * FROM {t} a LEFT JOIN {t} b ON a.strategy_id = b.strategy_id",
    "EXPLAIN QUERY PLAN WITH q AS MATERIALIZED (SELECT * FROM {t}) SELECT * FROM q",
    "EXPLAIN UPDATE {t} SET strategy_id = 'theirs'",
    "EXPLAIN QUERY PLAN UPDATE {t} SET reason = ''",
    "EXPLAIN QUERY PLAN DELETE FROM {t}",
    "EXPLAIN QUERY PLAN INSERT INTO {t} SELECT * FROM {t}",
    "EXPLAIN INSERT OR REPLACE INTO {t} SELECT * FROM {t}",
]
SCHEMA = [
    "SELECT * FROM sqlite_schema",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM sqlite_temp_schema",
    "SELECT * FROM temp.sqlite_master",
    "SELECT * FROM sqlite_sequence",
    "SELECT * FROM alembic_version",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_table_list",
    "SELECT * FROM dbstat",
    "SELECT * FROM sqlite_dbpage",
    "SELECT * FROM bytecode('SELECT * FROM trades')",
    "PRAGMA database_list",
    "PRAGMA table_list",
    "PRAGMA writable_schema = ON",
    "PRAGMA recursive_triggers = OFF",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA temp_store = FILE",
    "PRAGMA query_only = OFF",
    "ATTACH ':memory:' AS other",
    "ATTACH 'file' AS other",
    "DETACH main",
    "VACUUM",
    "VACUUM INTO '/dev/null'",
    "ANALYZE",
    "REINDEX",
    "SELECT load_extension('libm')",
    "SELECT * FROM no_such_schema.trades",
    "SELECT no_such_column FROM trades",
    "CREATE TABLE mine(x)",
    "CREATE TEMP TABLE trades(x)",
    "CREATE TEMP VIEW all_trades AS SELECT * FROM main.trades",
    "CREATE VIEW all_trades AS SELECT * FROM trades",
    "CREATE TEMP TRIGGER t AFTER INSERT ON main.trades BEGIN DELETE FROM trades; END",
    "CREATE INDEX i ON trades(price)",
    "CREATE VIRTUAL TABLE v USING fts5(x)",
    "ALTER TABLE trades RENAME TO mine",
    "UPDATE sqlite_schema SET sql = ''",
    "UPDATE temp.sqlite_master SET sql = ''",
    "DELETE FROM sqlite_temp_schema",
]
CHANGES = [
    "UPDATE {t} SET strategy_id = 'theirs'",
    "UPDATE OR REPLACE {t} SET strategy_id = 'theirs'",
    "UPDATE OR IGNORE {t} SET strategy_id = 'theirs'",
    "UPDATE {t} SET reason = '' WHERE strategy_id = 'theirs'",
    "UPDATE main.{t} SET reason = ''",
    "UPDATE {t} SET reason = x.reason FROM (SELECT * FROM {t}) AS x",
    "DELETE FROM {t}",
    "DELETE FROM {t} WHERE strategy_id = 'theirs' RETURNING *",
    "DELETE FROM main.{t}",
    "INSERT INTO {t} SELECT * FROM {t} RETURNING *",
    "REPLACE INTO {t} SELECT * FROM {t} RETURNING *",
    "INSERT INTO {t}(strategy_id) VALUES ('theirs') RETURNING *",
    "INSERT INTO {t}(strategy_id) VALUES ('theirs') ON CONFLICT DO NOTHING",
    "INSERT OR IGNORE INTO {t}(strategy_id) VALUES ('theirs')",
    "DROP VIEW {t}; SELECT * FROM {t}",
    "DROP VIEW temp.{t}; SELECT * FROM {t}",
    "DROP TABLE {t}",
    "DROP TRIGGER \"UPDATE on {t}\"; UPDATE {t} SET strategy_id = 'theirs'",
    'DROP TRIGGER temp."UPDATE through {t}"',
    "ROLLBACK; SELECT * FROM {t}; BEGIN IMMEDIATE; DELETE FROM {t}; COMMIT",
    "COMMIT; DELETE FROM {t}",
    "END; BEGIN; SELECT * FROM {t}",
    "SAVEPOINT a; DELETE FROM {t}; ROLLBACK TO a; SELECT * FROM {t}; RELEASE a",
]


@pytest.mark.parametrize("statement", READS + SCHEMA + CHANGES)
def test_raw_sql_neither_shows_nor_changes_what_is_another_strategys(desk: Database, statement: str) -> None:
    before = theirs(desk)
    for name in NAMES if "{t}" in statement else [""]:
        found = attack(desk, statement.replace("{t}", name))
        told = " ".join(map(str, found))
        assert MARK not in told
        assert "order of theirs" not in told
    assert theirs(desk) == before


@pytest.mark.parametrize(
    "statement", ["COMMIT", "ROLLBACK", "END", "PRAGMA user_version", "ATTACH ':memory:' AS other", "CREATE TABLE x(y)"]
)
def test_what_would_leave_the_transaction_or_its_scope_is_not_authorized(desk: Database, statement: str) -> None:
    told = attack(desk, statement)
    assert [str(error) for error in told] == ["not authorized"] * 2


def test_nor_is_it_once_we_have_undone_a_transaction_that_changed_nothing(desk: Database) -> None:
    """The driver keeps a statement compiled, and whoever says the same words again is asked no more."""
    with desk.write_as(MINE):
        pass
    with pytest.raises(RepairError, match="not authorized"), desk.write_as(MINE) as connection:
        connection.exec_driver_sql("ROLLBACK")


@pytest.mark.parametrize("table", [trades, orders], ids=str)
def test_a_replacing_insert_does_not_push_another_strategys_row_out(desk: Database, table: Table) -> None:
    """A key that spans strategies: an order's id; an exchange's trade id."""
    before, clashing = theirs(desk), {**row(table, THEIRS), "strategy_id": MINE, "candle": 1, "sequence": 9}
    values = {column.name: clashing[column.name] for column in table.columns}
    with pytest.raises(RepairError, match="another strategy"), desk.write_as(MINE) as connection:
        connection.execute(insert(table).prefix_with("OR REPLACE").values(values))
    assert theirs(desk) == before


@pytest.mark.parametrize("name", NAMES)
def test_a_query_plan_may_tell_the_databases_hidden_name_but_no_statement_may_use_it(desk: Database, name: str) -> None:
    before = theirs(desk)
    for way_in in (desk.write_as, desk.read_as):
        with way_in(MINE) as connection:
            hidden = connection.info["scope"].schema
        for statement in (
            f"SELECT * FROM {hidden}.{name}",
            f"WITH {name} AS (SELECT * FROM {hidden.upper()}.{name}) SELECT * FROM {name}",
            f'SELECT * FROM /**/ "{hidden}" /**/ . {name}',
            f"DELETE FROM [{hidden}].{name}",
            f"DROP TABLE {hidden}.{name}",
            f"DETACH {hidden}",
        ):
            for found in attack(desk, statement):
                assert isinstance(found, library().Error)
    assert theirs(desk) == before


@pytest.mark.parametrize("name", NAMES)
def test_behind_the_views_every_change_of_another_strategys_row_is_refused_once_more(desk: Database, name: str) -> None:
    """By the triggers on the tables: also if the views and the authorizer had a hole."""
    with desk.own_writer.connect() as connection:
        driver: Any = connection.connection.driver_connection
        hidden, driver.hidden = driver.hidden, None
        driver.set_authorizer(None)
        with dialect.only(connection, MINE):
            column = metadata.tables[name].columns.keys()[-1]
            for statement in (
                "DELETE FROM {t}",
                "REPLACE INTO {t} SELECT * FROM {t}",
                f"UPDATE {{t}} SET {column} = {column}",
            ):
                with pytest.raises(library().Error, match="another strategy"):
                    driver.execute(statement.replace("{t}", f"{hidden}.{name}"))
        connection.invalidate()


def test_outside_a_scope_the_connection_reaches_nobodys_books(desk: Database) -> None:
    with desk.write_as(MINE):
        pass
    with desk.own_writer.begin() as connection:
        assert connection.execute(trades.select()).all() == []


def test_one_strategys_scope_ends_with_its_transaction_also_when_that_fails(desk: Database) -> None:
    def fail() -> None:
        with desk.write_as(MINE) as connection:
            connection.execute(signals.delete())
            raise KeyError("a mistake")

    with pytest.raises((KeyError, IntegrityError)):
        fail()
    with desk.write_as(THEIRS) as connection:
        assert connection.execute(signals.select()).one().strategy_id == THEIRS


def test_what_breaks_a_rule_is_reported_as_it_is(desk: Database) -> None:
    with pytest.raises(IntegrityError, match="UNIQUE"), desk.write_as(MINE) as connection:
        connection.execute(insert(signals).values(row(signals, MINE)))


VERBS = ("SELECT", "INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "UPDATE", "UPDATE OR REPLACE", "DELETE")
PLACES = ("", "main.", "temp.")
WHERES = ("", "WHERE strategy_id = 'theirs'", "WHERE scope = 'theirs'", "WHERE 1 OR strategy_id = 'theirs'")
FRONTS = ("", "WITH {t} AS (SELECT * FROM {q}{t}) ", "WITH x AS (SELECT * FROM {q}{t}) ", "EXPLAIN ")
BACKS = ("", " RETURNING *", " UNION ALL SELECT * FROM {q}{t}", " ON CONFLICT DO NOTHING")


@st.composite
def statements(draw: st.DrawFn) -> str:
    """SQL of all kinds about the books; much of it makes no sense, none of it may succeed in anything."""
    name, verb = draw(st.sampled_from(NAMES)), draw(st.sampled_from(VERBS))
    place, where = draw(st.sampled_from(PLACES)), draw(st.sampled_from(WHERES))
    columns = metadata.tables[name].columns.keys()
    column, source = draw(st.sampled_from(columns)), draw(st.sampled_from([name, "x", *NAMES]))
    owner = "strategy_id" if "strategy_id" in columns else "scope"
    swapped = ", ".join(f"'{THEIRS}'" if each == owner else each for each in columns)
    body = {
        "SELECT": f"SELECT * FROM {place}{source} {where}",
        "DELETE": f"DELETE FROM {place}{name} {where}",
        "UPDATE": f"{verb} {place}{name} SET {column} = '{THEIRS}' {where}",
        "INSERT": f"{verb} INTO {place}{name} SELECT {draw(st.sampled_from(['*', swapped]))} FROM {source} {where}",
    }[verb.split()[0]]
    whole = draw(st.sampled_from(FRONTS)) + body + draw(st.sampled_from(BACKS))
    return whole.replace("{t}", name).replace("{q}", draw(st.sampled_from(PLACES)))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(statements(), min_size=1, max_size=4).map("; ".join))
def test_no_sql_at_all_reaches_another_strategys_rows(desk: Database, script: str) -> None:
    before = theirs(desk)
    assert MARK not in str(attack(desk, script))
    assert theirs(desk) == before


def test_on_an_older_sqlite_all_goes_on_and_a_warning_says_what_lacks(
    desk: Database, database_file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(scope, "_OLDEST", (99, 0, 0))
    older = open_database(f"sqlite:///{database_file}")
    with older.write_as(MINE) as connection:
        assert len(connection.execute(signals.select()).all()) == 2
    older.close()
    assert "can't keep strategies out of each other's books below the code (99.0.0 can)" in caplog.text
