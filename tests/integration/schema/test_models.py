"""The migrations and the models describe the same database."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

import shared.database.schema
from shared.database import Database, open_database
from shared.database.version import SCHEMA_VERSION
from shared.models import metadata

#: Between columns and rules, not within the parentheses of one.
COMMA = re.compile(r",(?![^()]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)[^()]*)*\))")

Definitions = dict[str, tuple[list[str], list[str]]]


@pytest.fixture
def from_models(tmp_path: Path) -> Iterator[Database]:
    """A database made from the models, without the migrations."""
    database = open_database(f"sqlite:///{tmp_path}/models.db")
    with database.write() as connection:
        metadata.create_all(connection)
    yield database
    database.close()


def definitions(connection: Connection) -> Definitions:
    """The SQL of each table and index: columns and options in their order, then the rules, whose order is free."""
    query = text(
        "SELECT name, sql FROM sqlite_master"
        " WHERE sql IS NOT NULL AND type != 'trigger' AND tbl_name != 'alembic_version'"
    )
    found = {}
    for name, sql in connection.execute(query):
        begin, inside, end = sql.partition("(")[0], sql[sql.index("(") + 1 : sql.rindex(")")], sql[sql.rindex(")") :]
        parts = [" ".join(part.split()) for part in COMMA.split(inside)]
        rules = [part for part in parts if part.startswith("CONSTRAINT")]
        found[name] = ([begin.strip(), *(part for part in parts if part not in rules), end], sorted(rules))
    return found


def test_the_migrated_database_is_to_the_letter_the_one_the_models_make(
    database: Database, from_models: Database
) -> None:
    with database.read() as migrated, from_models.read() as modelled:
        assert definitions(migrated) == definitions(modelled)


def test_alembic_finds_nothing_left_to_migrate(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_version_the_code_asks_for_is_the_newest_migration_and_they_are_numbered_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(shared.database.schema.__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == SCHEMA_VERSION
    newest_first = [script.revision for script in scripts.walk_revisions()]
    assert newest_first == [f"{number:04d}" for number in range(len(newest_first), 0, -1)]


def test_every_table_is_strict_and_candles_are_clustered_by_their_key(database: Database) -> None:
    with database.read() as connection:
        listed = connection.execute(text("PRAGMA table_list")).mappings().all()
    tables = {row["name"]: row for row in listed if row["name"] in metadata.tables}
    assert set(tables) == set(metadata.tables)
    assert all(row["strict"] for row in tables.values())
    assert tables["ohlcv_data"]["wr"] == 1
    with database.read() as connection:
        indexes = connection.execute(text("PRAGMA index_list(ohlcv_data)")).mappings().all()
    assert [index["origin"] for index in indexes] == ["pk"]


def test_the_newest_trades_of_a_strategy_are_found_by_an_index(database: Database) -> None:
    query = "EXPLAIN QUERY PLAN SELECT * FROM trades WHERE strategy_id = 'x' ORDER BY executed_at_us DESC LIMIT 10"
    with database.read() as connection:
        plan = " ".join(row.detail for row in connection.execute(text(query)))
    assert "ix_trades_strategy_id_executed_at_us" in plan
    assert "TEMP B-TREE" not in plan
