"""Orders: committed as intents before anything is sent; every change of one is kept in `order_events`."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from shared.models import order_events, orders
from shared.trading import Kind, OpenOrder, Order, Report, Side, Status

_INTENT = tuple(Order.__dataclass_fields__)
_STATE = ("status", "filled", "exchange_order_id", "sent_until_ms", "checked_at_us")
_LATELY = 100
_OPEN = (
    select(*(orders.c[name] for name in (*_INTENT, *_STATE)))
    .where(
        orders.c.strategy_id == bindparam("strategy_id"),
        orders.c.status.in_([status.value for status in Status if not status.is_done]),
    )
    .order_by(orders.c.decided_at_us)
)


def place(connection: Connection, order: Order, lease_token: int) -> None:
    """Record an order intent; its key refuses the same request a second time."""
    row = {name: getattr(order, name) for name in _INTENT}
    row |= {"side": order.side.value, "kind": order.kind.value}
    connection.execute(
        insert(orders).values(
            **row,
            status=Status.NEW.value,
            reason="",
            lease_token=lease_token,
            updated_at_us=order.decided_at_us,
            filled=Decimal(0),
            checked_at_us=order.decided_at_us,
        )
    )
    _event(connection, order, Status.NEW, Decimal(0), "", lease_token, order.decided_at_us)


def open_orders(connection: Connection, strategy_id: str) -> list[OpenOrder]:
    """The strategy's orders that are not done, oldest first."""
    return [_opened(row) for row in connection.execute(_OPEN, {"strategy_id": strategy_id})]


def filled(connection: Connection, order: Order) -> Decimal:
    """How much of an order is booked."""
    mine = (orders.c.strategy_id == order.strategy_id) & (orders.c.client_order_id == order.client_order_id)
    return connection.execute(select(orders.c.filled).where(mine)).scalar_one()


def attempts(connection: Connection, strategy_id: str) -> dict[tuple[int, str], tuple[int, int]]:
    """How many attempts each (candle, leg) of the newest orders took, and when (us) the last one was decided."""
    query = (
        select(orders.c.candle, orders.c.leg, orders.c.attempt, orders.c.decided_at_us)
        .where(orders.c.strategy_id == strategy_id)
        .order_by(orders.c.decided_at_us.desc())
        .limit(_LATELY)
    )
    found: dict[tuple[int, str], tuple[int, int]] = {}
    for candle, leg, attempt, at_us in connection.execute(query):
        found[candle, leg] = max(found.get((candle, leg), (0, 0)), (attempt, at_us))
    return found


def mark_sent(
    connection: Connection, waiting: OpenOrder, sent_until_ms: int | None, lease_token: int, now_us: int
) -> None:
    """The last commit before a request leaves: from here on the order may be live, until `sent_until_ms` at least."""
    _change(connection, waiting.order, now_us, status=Status.SENT.value, sent_until_ms=sent_until_ms)
    _event(connection, waiting.order, Status.SENT, waiting.filled, "", lease_token, now_us)


def move(
    connection: Connection,
    waiting: OpenOrder,
    report: Report,
    filled: Decimal,
    lease_token: int,
    now_us: int,
) -> None:
    """Note how far an order has come; an event is kept where something changed."""
    status = report.status
    known = {
        "exchange_order_id": report.exchange_order_id or waiting.exchange_order_id,
        "checked_at_us": waiting.checked_at_us if report.checked_at_us is None else report.checked_at_us,
    }
    _change(connection, waiting.order, now_us, status=status.value, filled=filled, reason=report.reason, **known)
    if (status, filled) != (waiting.status, waiting.filled):
        _event(connection, waiting.order, status, filled, report.reason, lease_token, now_us)


def _opened(row: Row[Any]) -> OpenOrder:
    named = row._asdict()
    intent = {name: named[name] for name in _INTENT} | {"side": Side(row.side), "kind": Kind(row.kind)}
    return OpenOrder(Order(**intent), **{name: named[name] for name in _STATE} | {"status": Status(row.status)})


def _change(connection: Connection, order: Order, now_us: int, **values: Any) -> None:
    connection.execute(
        update(orders)
        .where(orders.c.strategy_id == order.strategy_id, orders.c.client_order_id == order.client_order_id)
        .values(**values, updated_at_us=now_us)
    )


def _event(
    connection: Connection, order: Order, status: Status, filled: Decimal, reason: str, lease_token: int, now_us: int
) -> None:
    connection.execute(
        insert(order_events).values(
            strategy_id=order.strategy_id,
            client_order_id=order.client_order_id,
            status=status.value,
            filled=filled,
            reason=reason,
            lease_token=lease_token,
            recorded_at_us=now_us,
        )
    )
