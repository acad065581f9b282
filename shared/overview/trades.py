"""Trades as they are read: what happened, newest first."""

from dataclasses import dataclass
from decimal import Decimal
from heapq import nlargest
from operator import attrgetter

from sqlalchemy import Connection, bindparam, select

from shared.models import strategy_metadata, trades
from shared.trading import Side


@dataclass(frozen=True)
class Trade:
    """A row of `trades`; `cost` and `realized_pnl` are in the quote asset, the latter after the fee."""

    strategy_id: str
    trade_id: str
    exchange: str
    symbol: str
    side: Side
    amount: Decimal
    price: Decimal
    cost: Decimal
    fee: Decimal
    fee_asset: str
    realized_pnl: Decimal
    executed_at_us: int


_COLUMNS = [trades.c[name] for name in Trade.__dataclass_fields__]
_OF_STRATEGY = (
    select(*_COLUMNS)
    .where(trades.c.strategy_id == bindparam("strategy_id"))
    .order_by(trades.c.executed_at_us.desc(), trades.c.sequence.desc())
    .limit(bindparam("count"))
)


def trades_of(connection: Connection, strategy_id: str, count: int) -> list[Trade]:
    """The newest `count` trades of a strategy, newest first."""
    rows = connection.execute(_OF_STRATEGY, {"strategy_id": strategy_id, "count": count})
    return [Trade(**{**row._asdict(), "side": Side(row.side)}) for row in rows]


def latest_trades(connection: Connection, count: int) -> list[Trade]:
    """The newest `count` trades of all strategies, newest first; the index on each strategy's time serves it."""
    strategies = connection.execute(select(strategy_metadata.c.strategy_id)).scalars().all()
    newest = [trade for name in strategies for trade in trades_of(connection, name, count)]
    return nlargest(count, newest, key=attrgetter("executed_at_us"))
