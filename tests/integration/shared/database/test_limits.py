"""What a process takes of its database: so many connections, so much memory, so much time."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from shared.config import DatabaseSettings
from shared.database import Database, open_database
from shared.database.scope import Scope
from shared.errors import RetryError

LONG = text("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT max(i) FROM n")
SHORT = text("SELECT count(*) FROM strategy_metadata")


@pytest.fixture
def hurried(database_file: Path) -> Iterator[Database]:
    with closing(open_database(f"sqlite:///{database_file}", query_timeout_ms=50)) as database:
        yield database


def test_a_read_that_takes_too_long_is_ended_and_the_next_one_is_not(hurried: Database) -> None:
    with pytest.raises(RetryError, match=r"took longer than database\.query_timeout_ms"), hurried.read() as connection:
        connection.execute(LONG).scalar_one()
    with hurried.read() as connection:
        assert connection.execute(SHORT).scalar_one() == 0


def test_the_same_goes_for_the_reading_of_one_strategys_books(hurried: Database) -> None:
    with pytest.raises(RetryError, match="query_timeout_ms"), hurried.read_as("one") as connection:
        connection.execute(LONG).scalar_one()
    with hurried.read_as("one") as connection:
        assert connection.execute(SHORT).scalar_one() == 0


def test_a_look_that_takes_too_long_is_ended(hurried: Database) -> None:
    with pytest.raises(RetryError, match="query_timeout_ms"):
        hurried.peek(LONG, {})  # type: ignore[arg-type]


def test_every_statement_has_the_time_for_itself(database_file: Path) -> None:
    """Many may take longer together, and a view may be held for longer."""
    some = text("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) SELECT max(i) FROM n")
    url = f"sqlite:///{database_file}"
    with closing(open_database(url, query_timeout_ms=100_000)) as database, database.read() as connection:
        driver: Any = connection.connection.driver_connection
        driver.statement_ns -= 10**15  # the one before began long ago
        assert connection.execute(some).scalar_one() == 30_000


def test_a_transaction_that_writes_has_no_such_limit(hurried: Database) -> None:
    with hurried.write() as connection:
        assert connection.execute(LONG).scalar_one() == 3_000_000


def test_without_a_limit_a_read_takes_as_long_as_it_needs(database: Database) -> None:
    with database.read() as connection:
        assert connection.execute(LONG).scalar_one() == 3_000_000


def test_no_process_has_more_than_twenty_connections(database_file: Path) -> None:
    most = DatabaseSettings.model_json_schema()["properties"]["readers"]["maximum"]
    with closing(open_database(f"sqlite:///{database_file}", readers=most)) as database:
        engines = (database.writer, database.reader, database.own_writer, database.own_reader)
        pools: list[Any] = [engine.pool for engine in engines]
        assert sum(pool.size() + max(pool._max_overflow, 0) for pool in pools) <= 20


def test_memory_and_the_wal_are_bounded_as_asked(database_file: Path) -> None:
    with closing(open_database(f"sqlite:///{database_file}", "full", cache_megabytes=3)) as books:
        with books.read() as connection:
            assert connection.execute(text("PRAGMA cache_size")).scalar_one() == -3 * 1024
            assert connection.execute(text("PRAGMA mmap_size")).scalar_one() == 0
        with books.write() as connection:
            assert connection.execute(text("PRAGMA wal_autocheckpoint")).scalar_one() == 8_000
            assert connection.execute(text("PRAGMA journal_size_limit")).scalar_one() == 64 * 1024 * 1024
    with closing(open_database(f"sqlite:///{database_file}", "normal")) as market, market.write() as connection:
        assert connection.execute(text("PRAGMA wal_autocheckpoint")).scalar_one() == 1_000


def test_a_strategys_statements_are_compiled_once(database_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite asks the authorizer while it compiles, and the driver may have no room to keep what it compiled."""
    asked, judge = [0], Scope._judge

    def counted(scope: Scope, *about: Any) -> int:
        asked[0] += 1
        return judge(scope, *about)

    monkeypatch.setattr(Scope, "_judge", counted)
    statements = [text(f"SELECT {n} FROM positions WHERE symbol = 'A'") for n in range(100)]
    with closing(open_database(f"sqlite:///{database_file}")) as database:

        def run() -> int:
            asked[0] = 0
            with database.write_as("one") as connection:
                for statement in statements:
                    connection.execute(statement).all()
            return asked[0]

        assert run() > 100
        run()
        assert run() < 10
