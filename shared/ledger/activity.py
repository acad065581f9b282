"""What strategies did lately: orders of the last minute, trades, the newest signal."""

from sqlalchemy import Connection, bindparam, column, func, select, table

from shared.database import dialect
from shared.database.fence import DESK_ORDERS
from shared.database.prepared import Prepared
from shared.database.types import Whole
from shared.models import orders, signals, strategy_metadata, trades
from shared.trading import RecentTrade, Side
from shared.trading.state import BY_SCRIPT

#: Limits are for what traders decide: a script tells what has happened already.
_EVERYBODY = select(strategy_metadata.c.strategy_id).where(strategy_metadata.c.strategy_name != BY_SCRIPT)
#: By strategy, or one strategy after the other: each way the index on the strategy and the time serves it.
_ORDERS = select(func.count()).where(orders.c.decided_at_us > bindparam("since"))
_ORDERS_OF = Prepared(_ORDERS.where(orders.c.strategy_id == bindparam("strategy_id")))
_ORDERS_OF_ALL = Prepared(_ORDERS.where(orders.c.strategy_id.in_(_EVERYBODY)))
_ON_THE_DESK = table(DESK_ORDERS, column("decided_at_us", Whole))
_ORDERS_ON_THE_DESK = Prepared(
    select(func.count()).select_from(_ON_THE_DESK).where(_ON_THE_DESK.c.decided_at_us > bindparam("since"))
)
_TRADES = (
    select(trades.c.client_order_id, orders.c.leg, trades.c.cost, trades.c.realized_pnl, trades.c.executed_at_us)
    .join_from(trades, orders, trades.c.client_order_id == orders.c.client_order_id)
    .where(trades.c.executed_at_us > bindparam("since"))
    .order_by(trades.c.executed_at_us.desc())
)
_TRADES_OF = Prepared(_TRADES.where(trades.c.strategy_id == bindparam("strategy_id")))
_TRADES_OF_ALL = Prepared(_TRADES.where(trades.c.strategy_id.in_(_EVERYBODY)))
_NEWEST_SIGNAL = Prepared(
    select(signals.c.candle, signals.c.side, signals.c.outcome)
    .where(signals.c.strategy_id == bindparam("strategy_id"))
    .order_by(signals.c.candle.desc())
    .limit(1)
)


def orders_since(connection: Connection, since_us: int, strategy_id: str | None = None) -> int:
    """How many orders one strategy, or all, decided on after `since_us`; of all also where books are confined."""
    if strategy_id is None:
        everybodys = _ORDERS_ON_THE_DESK if dialect.is_confined(connection) else _ORDERS_OF_ALL
        return int(everybodys.value(connection, since=since_us))
    return int(_ORDERS_OF.value(connection, since=since_us, strategy_id=strategy_id))


def trades_since(connection: Connection, since_us: int, strategy_id: str | None = None) -> tuple[RecentTrade, ...]:
    """The trades of one strategy, or of all, after `since_us`, newest first."""
    if strategy_id is None:
        rows = _TRADES_OF_ALL.rows(connection, since=since_us)
    else:
        rows = _TRADES_OF.rows(connection, since=since_us, strategy_id=strategy_id)
    return tuple(RecentTrade(*row) for row in rows)


def newest_signal(connection: Connection, strategy_id: str) -> tuple[int, Side] | None:
    """Candle (ms) and side of the last decision that was not to hold."""
    row = _NEWEST_SIGNAL.first(connection, strategy_id=strategy_id)
    return (row[0], Side(row[1])) if row else None


def newest_outcome(connection: Connection, strategy_id: str) -> str:
    """What became of that decision: `ordered ...` or `refused: ...`; empty without any."""
    row = _NEWEST_SIGNAL.first(connection, strategy_id=strategy_id)
    return str(row[2]) if row else ""
