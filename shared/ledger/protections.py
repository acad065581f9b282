"""Protections: the prices at which a strategy's open position is closed, whatever its code says since."""

from sqlalchemy import Connection, bindparam, delete, select

from shared.database.prepared import Prepared
from shared.ledger.rows import put
from shared.models import protections, signals
from shared.trading import Order, Protection

_COLUMNS = ("strategy_id", "exchange", "symbol", "candle", "stop_price", "take_profit")
_HERE = protections.c.strategy_id == bindparam("id")
_ONE = Prepared(select(*(protections.c[name] for name in _COLUMNS)).where(_HERE))
_ASKED = Prepared(
    select(signals.c.stop_price, signals.c.take_profit).where(
        signals.c.strategy_id == bindparam("id"), signals.c.candle == bindparam("candle")
    )
)
_REMOVE = Prepared(delete(protections).where(_HERE))


def protection(connection: Connection, strategy_id: str) -> Protection | None:
    """What protects the strategy's position; None without one."""
    row = _ONE.first(connection, id=strategy_id)
    return Protection(*row) if row else None


def protect(connection: Connection, order: Order, lease_token: int, now_us: int) -> None:
    """Set the prices that the signal behind an entry asked for.

    What it did not ask for stays as an earlier entry of the same position set it; without any it is not protected.
    """
    ((stop, target),) = _ASKED.rows(connection, id=order.strategy_id, candle=order.candle)
    if before := protection(connection, order.strategy_id):
        stop = before.stop_price if stop is None else stop
        target = before.take_profit if target is None else target
    row = {name: getattr(order, name) for name in ("exchange", "symbol", "candle")}
    row |= {"stop_price": stop, "take_profit": target, "lease_token": lease_token, "updated_at_us": now_us}
    put(connection, protections, {"strategy_id": order.strategy_id}, row)


def unprotect(connection: Connection, strategy_id: str) -> None:
    """There is no position any more."""
    _REMOVE.run(connection, id=strategy_id)
