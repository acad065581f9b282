"""The migrations make on PostgreSQL what the models say, and what can't be true is refused there, too."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import IntegrityError

from schema import migrate
from shared.database import Database, open_database, require_current
from shared.database.version import SCHEMA_VERSION
from shared.errors import SchemaError
from shared.models import metadata
from tests.integration.postgresql.server import Server
from tests.integration.schema.test_constraints import CASES, ROWS, parents, put

#: What differs between two dumps without a meaning: comments, numbers of sequences, Alembic's own table.
NOISE = re.compile(r"^(--.*|\\.*|SET .*|SELECT pg_catalog.*|.*alembic_version.*)$|_seq\d*", re.MULTILINE)


@pytest.fixture(scope="module")
def untouched(server: Server) -> Iterator[Database]:
    """A migrated database in which nothing is committed: making one takes longer than most tests of rules."""
    name = server.create("migrated")
    opened = open_database(server.url(name))
    yield opened
    opened.close()
    server.drop(name)


def definitions(server: Server, name: str) -> list[str]:
    """The statements that make a database; the columns of a table in their order, its rules in any."""
    found = []
    for statement in NOISE.sub("", server.dump(name)).split(";"):
        lines = [line.strip(" ,") for line in statement.splitlines() if line.strip()]
        rules = sorted(line for line in lines if line.startswith("CONSTRAINT"))
        found.append("\n".join([line for line in lines if line not in rules] + rules))
    return sorted(each for each in found if "version_num" not in each)


def test_an_empty_database_gets_all_tables_and_the_second_run_changes_nothing(server: Server) -> None:
    name = server.create("template0")
    url = server.url(name)
    opened = open_database(url)
    with pytest.raises(SchemaError, match=r"has no tables yet: run `python schema\.py`"):
        require_current(opened)
    opened.close()
    where = f"postgresql://chandler@/{name}"
    assert migrate(url, server.directory).startswith(f"schema: {where}")
    assert migrate(url, server.directory).endswith(f" is current ({SCHEMA_VERSION})")
    server.drop(name)


def test_the_migrated_database_is_the_one_the_models_make(server: Server, database: Database) -> None:
    name = server.create("template0")
    modelled = open_database(server.url(name))
    with modelled.write() as connection:
        metadata.create_all(connection)
    modelled.close()
    assert definitions(server, "migrated") == definitions(server, name)
    server.drop(name)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_row_that_can_be_true_goes_into_every_table(database: Database) -> None:
    put(database, *ROWS)
    with database.read() as connection:
        assert all(connection.execute(metadata.tables[table].select()).all() for table in ROWS)


@pytest.mark.parametrize(("table", "column", "value"), CASES)
def test_a_row_that_can_not_be_true_is_refused(untouched: Database, table: str, column: str, value: Any) -> None:
    with pytest.raises(IntegrityError, match=r"violates (check|foreign key) constraint"):
        put(untouched, *parents(table), table, **{column: value})


@pytest.mark.parametrize("table", ROWS)
def test_the_same_key_twice_is_refused(untouched: Database, table: str) -> None:
    with pytest.raises(IntegrityError, match="duplicate key value violates unique constraint"):
        put(untouched, *parents(table), table, table)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("column", ["open", "high", "low", "close", "volume"])
def test_a_candle_of_what_is_no_number_is_refused(untouched: Database, column: str, value: float) -> None:
    with pytest.raises(IntegrityError, match="violates check constraint"):
        put(untouched, "ohlcv_data", **{column: value})
