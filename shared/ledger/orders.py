"""Orders: committed as intents before anything is sent; every change of one is kept in `order_events`."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, insert, literal, select, update

from shared.database.prepared import Prepared
from shared.errors import RepairError
from shared.ledger.balances import hold
from shared.models import order_events, orders
from shared.trading import Kind, OpenOrder, Order, Report, Side, Status

_INTENT = tuple(Order.__dataclass_fields__)
_STATE = ("status", "filled", "exchange_order_id", "sent_until_ms", "checked_at_us")
_LATELY = 100
_PLACE = insert(orders)
_EVENT = Prepared(insert(order_events))
_CHANGE = Prepared(
    update(orders).where(
        orders.c.strategy_id == bindparam("its_owner"), orders.c.client_order_id == bindparam("its_id")
    )
)
_OF_STRATEGY = select(*(orders.c[name] for name in (*_INTENT, *_STATE))).where(
    orders.c.strategy_id == bindparam("strategy_id")
)
_ONE = Prepared(_OF_STRATEGY.where(orders.c.client_order_id == bindparam("id")))
#: Not sorted here: SQLite would then go through all orders in the order of their index by time.
_OPEN = Prepared(
    _OF_STRATEGY.where(orders.c.status.in_([literal(status.value) for status in Status if not status.is_done]))
)
_ATTEMPTS = Prepared(
    select(orders.c.candle, orders.c.leg, orders.c.attempt, orders.c.decided_at_us, orders.c.filled)
    .where(orders.c.strategy_id == bindparam("strategy_id"))
    .order_by(orders.c.decided_at_us.desc())
    .limit(_LATELY)
)


def place(connection: Connection, order: Order, lease_token: int) -> None:
    """Record an order intent, and let it hold what it needs; its key refuses the same request a second time."""
    row = {name: getattr(order, name) for name in _INTENT}
    row |= {"side": order.side.value, "kind": order.kind.value, "status": Status.NEW.value, "reason": ""}
    row |= {"lease_token": lease_token, "filled": Decimal(0)}
    row |= dict.fromkeys(("updated_at_us", "checked_at_us"), order.decided_at_us)
    connection.execute(_PLACE, row)
    _event(connection, order, Status.NEW, Decimal(0), "", lease_token, order.decided_at_us)
    placed = OpenOrder(order)
    hold(connection, placed, placed.held, f"order {order.client_order_id} placed", order.decided_at_us)


def open_orders(connection: Connection, strategy_id: str) -> list[OpenOrder]:
    """The strategy's orders that are not done, oldest first."""
    found = [_opened(row) for row in _OPEN.rows(connection, strategy_id=strategy_id)]
    return sorted(found, key=lambda each: each.order.decided_at_us)


def known(connection: Connection, order: Order) -> OpenOrder:
    """An order as it stands now, also one that is done. RepairError if it was never placed."""
    row = _ONE.first(connection, strategy_id=order.strategy_id, id=order.client_order_id)
    if row is None:
        raise RepairError(f"{order.strategy_id}: there is no order {order.client_order_id}: nothing was booked")
    return _opened(row)


def filled(connection: Connection, order: Order) -> Decimal:
    """How much of an order is booked."""
    return known(connection, order).filled


def attempts(connection: Connection, strategy_id: str) -> dict[tuple[int, str], tuple[int, int]]:
    """How many attempts each (candle, leg) of the newest orders took, and when (us) the last one was decided.

    0 if something of that one was filled: what gets on need not pause.
    """
    found: dict[tuple[int, str], tuple[int, int]] = {}
    for candle, leg, attempt, at_us, filled in _ATTEMPTS.rows(connection, strategy_id=strategy_id):
        found[candle, leg] = max(found.get((candle, leg), (0, 0)), (attempt, 0 if filled else at_us))
    return found


def mark_sent(
    connection: Connection, waiting: OpenOrder, sent_until_ms: int | None, lease_token: int, now_us: int
) -> None:
    """The last commit before a request leaves: from here on the order may be live, until `sent_until_ms` at least.

    RepairError if it is not new any more: a request leaves once.
    """
    now = known(connection, waiting.order)
    if now.status is not Status.NEW:
        raise RepairError(
            f"{waiting.order.strategy_id}: order {waiting.order.client_order_id} is {now.status.value} already"
            " and will not be sent again: look it up at the exchange"
        )
    _change(connection, waiting.order, now_us, status=Status.SENT.value, sent_until_ms=sent_until_ms)
    _event(connection, waiting.order, Status.SENT, waiting.filled, "", lease_token, now_us)


def move(
    connection: Connection, before: OpenOrder, after: OpenOrder, report: Report, lease_token: int, now_us: int
) -> None:
    """Note how far an order has come, and what a broker told of it; an event is kept where something changed."""
    moved = (before.status, before.filled) != (after.status, after.filled)
    values: dict[str, Any] = {"status": after.status.value, "filled": after.filled}
    if report.reason and not before.status.is_done:
        values["reason"] = report.reason
    if report.exchange_order_id is not None:
        values["exchange_order_id"] = report.exchange_order_id
    if report.checked_at_us is not None:
        values["checked_at_us"] = report.checked_at_us
    _change(connection, before.order, now_us, **values)
    if moved:
        _event(connection, before.order, after.status, after.filled, report.reason, lease_token, now_us)


def _opened(row: tuple[Any, ...]) -> OpenOrder:
    intent, state = dict(zip(_INTENT, row, strict=False)), dict(zip(_STATE, row[len(_INTENT) :], strict=True))
    intent |= {"side": Side(intent["side"]), "kind": Kind(intent["kind"])}
    return OpenOrder(Order(**intent), **state | {"status": Status(state["status"])})


def _change(connection: Connection, order: Order, now_us: int, **values: Any) -> None:
    its = {"its_owner": order.strategy_id, "its_id": order.client_order_id}
    _CHANGE.run(connection, **its, **values, updated_at_us=now_us)


def _event(
    connection: Connection, order: Order, status: Status, filled: Decimal, reason: str, lease_token: int, now_us: int
) -> None:
    row: dict[str, Any] = {
        "strategy_id": order.strategy_id,
        "client_order_id": order.client_order_id,
        "status": status.value,
    }
    row |= {"filled": filled, "reason": reason, "lease_token": lease_token, "recorded_at_us": now_us}
    _EVENT.run(connection, **row)
