"""docs/DATABASE.md says what is there: every table, every column, and SQL that runs."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Table, text

from shared.database import Database
from shared.database.types import Money
from shared.models import metadata

PAGE = (Path(__file__).parents[3] / "docs/DATABASE.md").read_text(encoding="utf-8")
TABLES = list(metadata.tables.values())


def section(table: Table) -> str:
    """What stands below a table's heading."""
    return PAGE.partition(f"### `{table.name}`\n")[2].partition("\n#")[0]


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_every_column_of_a_table_is_explained_and_no_other(table: Table) -> None:
    rows = [line.split("|")[1] for line in section(table).splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(table.columns.keys())


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_the_diagram_shows_columns_that_exist_with_their_types_and_the_whole_key(table: Table) -> None:
    drawn = re.search(rf"    {table.name} {{\n(.*?)    }}", PAGE, re.DOTALL)
    assert drawn is not None
    entries = [line.split() for line in drawn[1].splitlines()]
    for kind, name, *_ in entries:
        is_money = isinstance(table.columns[name].type, Money)
        assert (kind == "MONEY") == is_money
        assert is_money or kind == {str: "TEXT", int: "INTEGER", float: "REAL"}[table.columns[name].type.python_type]
    assert {name for _, name, *marks in entries if "PK" in marks} == set(table.primary_key.columns.keys())


@pytest.mark.parametrize("query", re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL))
def test_the_examples_run(database: Database, query: str) -> None:
    with database.read() as connection:
        assert connection.execute(text(query)).all() == []
