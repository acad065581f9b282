"""The audit: positions must follow from trades."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from sqlalchemy import Connection, select

from shared.errors import RepairError
from shared.models import positions, trades
from shared.trading import Fill, Position, Side, after_fill

Key = tuple[str, str, str]

_POSITION_COLUMNS = ("amount", "average_price", "realized_pnl", "fees")
_FILL_COLUMNS = ("trade_id", "side", "amount", "price", "fee", "fee_asset", "executed_at_us")
_KEY = ("strategy_id", "exchange", "symbol")


def audit(connection: Connection) -> list[str]:
    """A sentence for each position that its trades don't explain; empty if all is well."""
    stored = _stored(connection)
    return [
        complaint
        for key in sorted(stored.keys() | _traded(connection))
        if (complaint := difference(key, _fills(connection, key), stored.get(key, Position())))
    ]


def difference(key: Key, fills: Iterable[Fill], stored: Position) -> str | None:
    """What is wrong with a stored position, given all its fills in order; None if it is right."""
    name = " ".join(key)
    derived = Position()
    try:
        for fill in fills:
            derived = after_fill(derived, fill)
    except RepairError as error:
        return f"{name}: its trades contradict themselves: {error}"
    if derived == stored:
        return None
    held, wanted = asdict(stored), asdict(derived)
    wrong = [
        f"{field} is {held[field]}, its trades make {wanted[field]}" for field in held if held[field] != wanted[field]
    ]
    return f"{name}: {'; '.join(wrong)}"


def _stored(connection: Connection) -> dict[Key, Position]:
    query = select(*(positions.c[name] for name in (*_KEY, *_POSITION_COLUMNS)))
    return {(row[0], row[1], row[2]): Position(*row[3:]) for row in connection.execute(query)}


def _traded(connection: Connection) -> set[Key]:
    query = select(*(trades.c[name] for name in _KEY)).distinct()
    return {(row[0], row[1], row[2]) for row in connection.execute(query)}


def _fills(connection: Connection, key: Key) -> Iterator[Fill]:
    query = (
        select(*(trades.c[name] for name in _FILL_COLUMNS))
        .where(*(trades.c[name] == value for name, value in zip(_KEY, key, strict=True)))
        .order_by(trades.c.executed_at_us, trades.c.trade_id)
    )
    for row in connection.execute(query):
        yield Fill(**{**row._asdict(), "side": Side(row.side)})
