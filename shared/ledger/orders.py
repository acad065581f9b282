"""Orders: committed as intents before anything is sent."""

from dataclasses import asdict

from sqlalchemy import Connection, bindparam, insert, select, update

from shared.models import orders
from shared.trading import Order, Side

_COLUMNS = [
    orders.c[name]
    for name in (
        "client_order_id",
        "strategy_id",
        "candle",
        "leg",
        "attempt",
        "exchange",
        "symbol",
        "side",
        "amount",
        "decided_at_us",
    )
]
_OPEN = select(*_COLUMNS).where(
    orders.c.strategy_id == bindparam("strategy_id"),
    orders.c.status.in_(("new", "sent", "unknown", "open", "partially_filled")),
)


def place(connection: Connection, order: Order, lease_token: int) -> None:
    """Record an order intent; its key refuses the same request a second time."""
    row = {**asdict(order), "side": order.side.value}
    connection.execute(
        insert(orders).values(
            **row, status="new", reason="", lease_token=lease_token, updated_at_us=order.decided_at_us
        )
    )


def open_orders(connection: Connection, strategy_id: str) -> list[Order]:
    """The strategy's orders that are neither done nor refused."""
    rows = connection.execute(_OPEN, {"strategy_id": strategy_id}).all()
    return [Order(**{**row._asdict(), "side": Side(row.side)}) for row in rows]


def reject(connection: Connection, order: Order, reason: str, now_us: int) -> None:
    """Close an order that could not be executed, with the reason."""
    _close(connection, order, "rejected", reason, now_us)


def cancel(connection: Connection, order: Order, reason: str, now_us: int) -> None:
    """Close an order that is not wanted any more, with the reason."""
    _close(connection, order, "cancelled", reason, now_us)


def filled(connection: Connection, order: Order, now_us: int) -> None:
    """Close an order that was executed whole."""
    _close(connection, order, "filled", "", now_us)


def _close(connection: Connection, order: Order, status: str, reason: str, now_us: int) -> None:
    connection.execute(
        update(orders)
        .where(orders.c.client_order_id == order.client_order_id)
        .values(status=status, reason=reason, updated_at_us=now_us)
    )
