"""What is booked of one order."""

from decimal import Decimal

from sqlalchemy import Connection, bindparam, select

from shared.database.prepared import Prepared
from shared.models import trades
from shared.trading import Order

_OF_ORDER = Prepared(
    select(trades.c.amount, trades.c.executed_at_us)
    .where(trades.c.strategy_id == bindparam("strategy_id"), trades.c.client_order_id == bindparam("id"))
    .order_by(trades.c.sequence)
)


def fills_of(connection: Connection, order: Order) -> list[tuple[Decimal, int]]:
    """The booked fills of an order, in the order of booking: how much (base asset), and when (us)."""
    rows = _OF_ORDER.rows(connection, strategy_id=order.strategy_id, id=order.client_order_id)
    return [(amount, at_us) for amount, at_us in rows]
