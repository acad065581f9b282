"""The audit: positions and cash must follow from what was paid in and traded."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, Table, select

from shared.errors import RepairError
from shared.market import base_of, quote_of
from shared.models import balance_history, positions, strategy_metadata, trades
from shared.trading import Books, Fill, Position, Side

Key = tuple[str, str, str]

_POSITION_COLUMNS = ("amount", "cost", "realized_pnl", "fees")
_FILL_COLUMNS = ("trade_id", "side", "amount", "price", "fee", "fee_asset", "fee_quote", "liquidity", "executed_at_us")
_KEY = ("strategy_id", "exchange", "symbol")


def audit(connection: Connection) -> list[str]:
    """A sentence for each strategy whose trades don't explain its books; empty if all is well."""
    keys = _keys(connection, strategy_metadata) | _keys(connection, positions) | _keys(connection, trades)
    return [
        complaint
        for key in sorted(keys)
        if (complaint := difference(key, _paid_in(connection, key), _fills(connection, key), _stored(connection, key)))
    ]


def difference(key: Key, paid_in: Decimal, fills: Iterable[Fill], stored: Books) -> str | None:
    """What is wrong with stored books, given the deposit and all fills in order; None if they are right."""
    name = " ".join(key)
    derived = Books(paid_in, Position())
    try:
        for fill in fills:
            derived = derived.after(fill)
    except RepairError as error:
        return f"{name}: its trades contradict themselves: {error}"
    if derived == stored:
        return None
    held, wanted = _amounts(stored), _amounts(derived)
    wrong = [
        f"{field} is {held[field]}, its trades make {wanted[field]}" for field in held if held[field] != wanted[field]
    ]
    return f"{name}: {'; '.join(wrong)}"


def _amounts(books: Books) -> dict[str, Decimal]:
    return {**asdict(books.position), "cash": books.cash}


def _keys(connection: Connection, table: Table) -> set[Key]:
    query = select(*(table.c[name] for name in _KEY)).distinct()
    return {(row[0], row[1], row[2]) for row in connection.execute(query)}


def _stored(connection: Connection, key: Key) -> Books:
    query = select(*(positions.c[name] for name in _POSITION_COLUMNS)).where(*_of(positions, key))
    row = connection.execute(query).one_or_none()
    cash = connection.execute(
        select(balance_history.c.total).where(*_cash_of(key)).order_by(balance_history.c.balance_id.desc()).limit(1)
    ).scalar()
    return Books(cash if cash is not None else Decimal(0), Position(*row) if row else Position())


def _paid_in(connection: Connection, key: Key) -> Decimal:
    query = select(balance_history.c.change).where(*_cash_of(key), balance_history.c.reason == "deposit")
    return sum(connection.execute(query).scalars(), Decimal(0))


def _fills(connection: Connection, key: Key) -> Iterator[Fill]:
    """In the order of booking: by time a wall clock that stepped back would sell what is bought only later."""
    query = select(*(trades.c[name] for name in _FILL_COLUMNS)).where(*_of(trades, key)).order_by(trades.c.sequence)
    for row in connection.execute(query):
        named = row._asdict() | {"side": Side(row.side), "base": base_of(key[2]), "quote": quote_of(key[2])}
        named["fee_value"] = named.pop("fee_quote")
        yield Fill(**named)


def _of(table: Table, key: Key) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in zip(_KEY, key, strict=True)]


def _cash_of(key: Key) -> list[ColumnElement[bool]]:
    strategy_id, _exchange, symbol = key
    return [balance_history.c.strategy_id == strategy_id, balance_history.c.asset == quote_of(symbol)]
