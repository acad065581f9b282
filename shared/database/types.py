"""Column types that mean the same on SQLite and PostgreSQL."""

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, Double, Integer, Numeric, Text, TypeDecorator
from sqlalchemy.types import REAL, TypeEngine

from shared.trading.money import plain

#: A 64-bit integer: times, counters.
Whole: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
#: A double: prices and volumes of candles.
Real: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")


class Money(TypeDecorator[Decimal]):
    """Exact decimals: canonical text on SQLite (its numbers are doubles), NUMERIC without a bound on PostgreSQL.

    Never compare, order or sum this column in SQL on SQLite: it is text there. Add up in Decimal.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """TEXT or NUMERIC: with a scale it would round."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Only Decimal is money: a float has lost digits before it comes here."""
        if value is None:
            return None
        if not isinstance(value, Decimal):
            raise TypeError(f"money must be Decimal, not {type(value).__name__}: {value!r}")
        text = plain(value)
        return text if dialect.name == "sqlite" else Decimal(text)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Text or NUMERIC back to Decimal."""
        return None if value is None else Decimal(value)
