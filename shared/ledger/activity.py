"""What strategies did lately: orders of the last minute, trades, the newest signal."""

from sqlalchemy import Connection, bindparam, func, select

from shared.models import orders, signals, strategy_metadata, trades
from shared.trading import RecentTrade, Side

_EVERYBODY = select(strategy_metadata.c.strategy_id)
#: By strategy, or one strategy after the other: each way the index on the strategy and the time serves it.
_ORDERS = select(func.count()).where(orders.c.decided_at_us > bindparam("since"))
_ORDERS_OF = _ORDERS.where(orders.c.strategy_id == bindparam("strategy_id"))
_ORDERS_OF_ALL = _ORDERS.where(orders.c.strategy_id.in_(_EVERYBODY))
_TRADES = (
    select(trades.c.client_order_id, orders.c.leg, trades.c.cost, trades.c.realized_pnl, trades.c.executed_at_us)
    .join_from(trades, orders, trades.c.client_order_id == orders.c.client_order_id)
    .where(trades.c.executed_at_us > bindparam("since"))
    .order_by(trades.c.executed_at_us.desc())
)
_TRADES_OF = _TRADES.where(trades.c.strategy_id == bindparam("strategy_id"))
_TRADES_OF_ALL = _TRADES.where(trades.c.strategy_id.in_(_EVERYBODY))
_NEWEST_SIGNAL = (
    select(signals.c.candle, signals.c.side, signals.c.outcome)
    .where(signals.c.strategy_id == bindparam("strategy_id"))
    .order_by(signals.c.candle.desc())
    .limit(1)
)


def orders_since(connection: Connection, since_us: int, strategy_id: str | None = None) -> int:
    """How many orders one strategy, or all, decided on after `since_us`."""
    if strategy_id is None:
        return int(connection.execute(_ORDERS_OF_ALL, {"since": since_us}).scalar_one())
    return int(connection.execute(_ORDERS_OF, {"since": since_us, "strategy_id": strategy_id}).scalar_one())


def trades_since(connection: Connection, since_us: int, strategy_id: str | None = None) -> tuple[RecentTrade, ...]:
    """The trades of one strategy, or of all, after `since_us`, newest first."""
    if strategy_id is None:
        rows = connection.execute(_TRADES_OF_ALL, {"since": since_us})
    else:
        rows = connection.execute(_TRADES_OF, {"since": since_us, "strategy_id": strategy_id})
    return tuple(RecentTrade(*row) for row in rows)


def newest_signal(connection: Connection, strategy_id: str) -> tuple[int, Side] | None:
    """Candle (ms) and side of the last decision that was not to hold."""
    row = connection.execute(_NEWEST_SIGNAL, {"strategy_id": strategy_id}).one_or_none()
    return (row.candle, Side(row.side)) if row else None


def newest_outcome(connection: Connection, strategy_id: str) -> str:
    """What became of that decision: `ordered ...` or `refused: ...`; empty without any."""
    row = connection.execute(_NEWEST_SIGNAL, {"strategy_id": strategy_id}).one_or_none()
    return str(row.outcome) if row else ""
