"""Money in a real SQLite file: every digit comes back, and a float never goes in."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Integer, MetaData, Table, create_engine, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import CreateTable

from shared.database.sqlite import driver_arguments
from shared.database.types import Money, Real, Whole

BOOKS = Table("books", MetaData(), Column("id", Integer, primary_key=True), Column("amount", Money), sqlite_strict=True)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A connection to a file with one table, in a transaction."""
    path: Path = tmp_path_factory.mktemp("money") / "books.db"
    engine = create_engine(f"sqlite:///{path}", **driver_arguments(busy_timeout_ms=1_000))
    with engine.begin() as opened:
        BOOKS.create(opened)
        yield opened
    engine.dispose()


def stored(connection: Connection, amount: Any) -> Any:
    """What comes back of a value that was put in."""
    connection.execute(insert(BOOKS).values(amount=amount))
    return connection.execute(select(BOOKS.c.amount).order_by(BOOKS.c.id.desc()).limit(1)).scalar_one()


@given(amount=st.decimals(allow_nan=False, allow_infinity=False))
@example(amount=Decimal("12345.678901234567890123"))
@example(amount=Decimal("-0.00"))
@example(amount=Decimal("1E+40"))
def test_every_decimal_comes_back_exactly(connection: Connection, amount: Decimal) -> None:
    back = stored(connection, amount)
    assert type(back) is Decimal
    assert back == amount


def test_money_is_stored_as_plain_text(connection: Connection) -> None:
    stored(connection, Decimal("1.50E+3"))
    newest = text("SELECT amount, typeof(amount) FROM books ORDER BY id DESC LIMIT 1")
    assert connection.execute(newest).one() == ("1500", "text")


def test_no_money_is_no_money(connection: Connection) -> None:
    assert stored(connection, None) is None


@pytest.mark.parametrize("amount", [0.1, 1, "0.1", True])
def test_only_a_decimal_is_money_because_a_float_has_lost_digits_already(connection: Connection, amount: Any) -> None:
    with pytest.raises(StatementError, match="money must be Decimal, not"):
        stored(connection, amount)


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("Infinity")])
def test_what_is_not_finite_is_not_money(connection: Connection, amount: Decimal) -> None:
    with pytest.raises(StatementError, match="money must be a finite number"):
        stored(connection, amount)


def test_on_postgresql_the_same_columns_are_numeric_bigint_and_double_precision() -> None:
    table = Table("t", MetaData(), Column("m", Money), Column("w", Whole), Column("r", Real))
    sql = str(CreateTable(table).compile(dialect=make_url("postgresql+psycopg://").get_dialect()()))
    assert [line.strip(" ,\t") for line in sql.splitlines() if line.startswith("\t")] == [
        "m NUMERIC",
        "w BIGINT",
        "r DOUBLE PRECISION",
    ]
