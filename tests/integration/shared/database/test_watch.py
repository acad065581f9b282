"""Every way to the database is counted, and what is slow is logged: by whom, and for how long it waited."""

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import bindparam, select, text

from schema import migrate
from shared.database import Database, open_database
from shared.database.prepared import Prepared
from shared.database.watch import Slow
from shared.models import strategy_metadata

_ALL = select(strategy_metadata.c.strategy_id)
_ONE = _ALL.where(strategy_metadata.c.strategy_id == bindparam("its_id"))
#: Counts to ten million: no machine does that in a millisecond.
_LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000) SELECT count(*) FROM n"


@pytest.fixture
def url(tmp_path: Path) -> str:
    path = tmp_path / "trading.db"
    migrate(f"sqlite:///{path}", path)
    return f"sqlite:///{path}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with closing(open_database(url, slow=Slow(statement_ms=50, transaction_ms=50))) as database:
        yield database


def test_core_prepared_statements_peeks_and_raw_sql_are_all_counted(database: Database) -> None:
    with database.read() as connection:
        connection.execute(_ALL)
        Prepared(_ALL).rows(connection)
        connection.exec_driver_sql("SELECT 41")
    database.peek(_ONE, {"its_id": "one"})
    with database.read_as("one") as connection:
        connection.execute(text("SELECT 42"))
    runs = {each.statement: each.runs for each in database.watch.figures(most=100).slowest}
    core = "SELECT strategy_metadata.strategy_id FROM strategy_metadata"
    assert runs[core] == 2
    assert runs[f"{core} WHERE strategy_metadata.strategy_id = ?"] == 1
    assert (runs["SELECT 41"], runs["SELECT 42"]) == (1, 1)


def test_a_slow_statement_is_logged_with_its_text_and_whoever_ran_it(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.read() as connection:
        connection.exec_driver_sql(_LONG).all()
    told = caplog.messages[0]
    assert "ms by tests/integration/shared/database/test_watch.py:" in told
    assert told.endswith(_LONG)
    assert database.watch.figures().slow_statements == 1
    assert database.watch.figures().slowest[0].statement == _LONG


def test_a_slow_reader_is_logged_as_a_transaction_too(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    with database.read() as connection:
        connection.exec_driver_sql(_LONG).all()
    assert "slow transaction: " in caplog.messages[1]
    assert "a_slow_reader_is_logged_as_a_transaction_too, rolled back" in caplog.messages[1] or (
        "a_slow_reader_is_logged_as_a_transaction_too, committed" in caplog.messages[1]
    )


def test_values_are_never_logged(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    with database.read() as connection:
        connection.execute(text(f"SELECT :secret, ({_LONG}), 'hunter3'"), {"secret": "hunter2"}).all()
    assert "slow statement" in caplog.text
    assert "hunter" not in caplog.text
    assert "hunter" not in str(database.watch.figures())


def test_waiting_for_the_write_lock_is_told_apart_from_working(
    url: str, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    held, waits = Event(), Event()

    def hold() -> None:
        with closing(open_database(url)) as other, other.write():
            held.set()
            waits.wait()
            with other.read() as connection:
                connection.exec_driver_sql(_LONG).all()

    holder = Thread(target=hold)
    holder.start()
    held.wait()
    waits.set()
    with database.write() as connection:
        connection.execute(text("DELETE FROM markets"))
    holder.join()
    (record,) = [each for each in caplog.records if each.levelno == logging.WARNING]
    told = record.__dict__["told"]
    assert told["outcome"] == "committed"
    assert told["waited_ms"] >= 50
    assert told["waited_ms"] > told["worked_ms"]
    figures = database.watch.figures()
    assert figures.lock_waits == 1
    assert figures.lock_wait_p99_us == figures.lock_wait_p50_us >= 50_000  # type: ignore[operator]


def test_what_was_undone_is_counted_as_such(database: Database) -> None:
    with pytest.raises(ValueError, match="not now"), database.write():
        raise ValueError("not now")
    with database.write() as connection:
        connection.execute(text("DELETE FROM markets"))
    figures = database.watch.figures()
    assert (figures.transactions, figures.rolled_back) == (2, 1)


def test_connections_are_told_by_pool(database: Database) -> None:
    with database.read(), database.write():
        pools = database.watch.figures().connections
    assert (pools["reader"].open, pools["reader"].in_use, pools["reader"].most) == (1, 1, 2)
    assert (pools["writer"].in_use, pools["own writer"].open) == (1, 0)
    after = database.watch.figures().connections
    assert (after["reader"].open, after["reader"].in_use) == (1, 0)
