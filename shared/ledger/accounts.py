"""What the ledger knows of an exchange's account: for comparing it with what the exchange says.

One account serves every live strategy on an exchange, so these look across strategies; they only read.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from shared.ledger.books import books
from shared.ledger.orders import open_orders
from shared.models import orders, strategy_cursors, strategy_metadata, trades
from shared.trading import Books, OpenOrder, Status

_LIVE = select(strategy_metadata.c.strategy_id, strategy_metadata.c.symbol).where(strategy_metadata.c.broker == "live")
_US_PER_MS = 1_000


@dataclass(frozen=True)
class KnownOrder:
    """An order of the ledger, whoever's it is."""

    strategy_id: str
    client_order_id: str
    exchange_order_id: str | None
    status: Status


def live_books(connection: Connection, exchange: str) -> list[tuple[str, str, Books]]:
    """(strategy_id, symbol, books) of each strategy that trades live on an exchange."""
    found = connection.execute(_LIVE.where(strategy_metadata.c.exchange == exchange)).all()
    return [(row.strategy_id, row.symbol, books(connection, row.strategy_id, exchange, row.symbol)) for row in found]


def live_orders(connection: Connection, exchange: str) -> list[OpenOrder]:
    """The orders that are not done of all strategies that trade live on an exchange."""
    found = connection.execute(_LIVE.where(strategy_metadata.c.exchange == exchange)).all()
    return [each for row in found for each in open_orders(connection, row.strategy_id)]


def known_order(connection: Connection, exchange: str, symbol: str, order_id: str, client_id: str) -> KnownOrder | None:
    """By the exchange's id, which is one symbol's only, or by the beginning of our own: a field may hold no more."""
    columns = [orders.c[name] for name in ("strategy_id", "client_order_id", "exchange_order_id", "status")]
    here = (orders.c.exchange == exchange) & (orders.c.symbol == symbol) & (orders.c.broker == "live")
    same = orders.c.exchange_order_id == order_id
    if client_id:
        same |= orders.c.client_order_id.startswith(client_id, autoescape=True)
    row = connection.execute(select(*columns).where(here, same).limit(1)).one_or_none()
    if row is None:
        return None
    return KnownOrder(row.strategy_id, row.client_order_id, row.exchange_order_id, Status(row.status))


def booked(connection: Connection, exchange: str, symbol: str, trade_ids: Collection[str]) -> set[str]:
    """Those of the exchange's trades that are in the books of anybody."""
    here = (trades.c.exchange == exchange) & (trades.c.symbol == symbol)
    return set(connection.execute(select(trades.c.trade_id).where(here, trades.c.trade_id.in_(trade_ids))).scalars())


def last_known_ms(connection: Connection, strategy_id: str) -> int:
    """Up to when (wall clock, ms) the strategy's books were looked after: what happened later may be missing."""
    waiting = open_orders(connection, strategy_id)
    if waiting:
        return min(each.order.decided_at_us for each in waiting) // _US_PER_MS
    moments = [
        connection.execute(select(func.max(column)).where(table.c.strategy_id == strategy_id)).scalar()
        for table, column in (
            (strategy_metadata, strategy_metadata.c.created_at_us),
            (strategy_cursors, strategy_cursors.c.updated_at_us),
            (orders, orders.c.updated_at_us),
            (trades, trades.c.executed_at_us),
        )
    ]
    known: list[int] = [moment for moment in moments if moment is not None]
    return max(known) // _US_PER_MS
