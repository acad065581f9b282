"""The books of one strategy: trades, the position they make, cash and equity."""

from decimal import Decimal

from sqlalchemy import Connection, bindparam, func, insert, select

from shared.database import dialect
from shared.ledger.orders import move
from shared.market import base_of, quote_of
from shared.models import balance_history, equity_history, positions, trades
from shared.trading import Books, Fill, OpenOrder, Order, Position, Report

_POSITION_COLUMNS = ("amount", "cost", "realized_pnl", "fees")
_POSITION = select(*(positions.c[name] for name in _POSITION_COLUMNS)).where(
    positions.c.strategy_id == bindparam("strategy_id"),
    positions.c.exchange == bindparam("exchange"),
    positions.c.symbol == bindparam("symbol"),
)
_CASH = (
    select(balance_history.c.free)
    .where(balance_history.c.strategy_id == bindparam("strategy_id"), balance_history.c.asset == bindparam("asset"))
    .order_by(balance_history.c.balance_id.desc())  # the order of entry: a wall clock may step back
    .limit(1)
)
_BOOKED = select(trades.c.trade_id).where(
    trades.c.strategy_id == bindparam("strategy_id"), trades.c.client_order_id == bindparam("id")
)
_LAST_SEQUENCE = select(func.coalesce(func.max(trades.c.sequence), 0)).where(
    trades.c.strategy_id == bindparam("strategy_id")
)


def books(connection: Connection, strategy_id: str, exchange: str, symbol: str) -> Books:
    """The current books of a strategy."""
    where = {"strategy_id": strategy_id, "exchange": exchange, "symbol": symbol}
    row = connection.execute(_POSITION, where).one_or_none()
    cash = connection.execute(_CASH, {"strategy_id": strategy_id, "asset": quote_of(symbol)}).scalar()
    return Books(cash if cash is not None else Decimal(0), Position(*row) if row else Position())


def deposit(connection: Connection, strategy_id: str, exchange: str, asset: str, amount: Decimal, now_us: int) -> None:
    """The cash a paper strategy begins with."""
    _balance(connection, strategy_id, exchange, asset, amount, amount, "deposit", now_us)
    _equity(connection, strategy_id, amount, Decimal(0), now_us)


def settle(connection: Connection, waiting: OpenOrder, report: Report, lease_token: int, now_us: int) -> Books:
    """Enter what a broker reports of an order: trades, position, balances, equity and the order's state, together.

    Fills that are booked already are left out; the trades' key refuses the others a second time.
    """
    order = waiting.order
    now = books(connection, order.strategy_id, order.exchange, order.symbol)
    filled = waiting.filled
    for fill in _news(connection, order, report):
        now = _book(connection, order, fill, now, lease_token)
        filled += fill.amount
    move(connection, waiting, report, filled, lease_token, now_us)
    return now


def _news(connection: Connection, order: Order, report: Report) -> list[Fill]:
    """The fills that are not booked yet."""
    known = set(connection.execute(_BOOKED, {"strategy_id": order.strategy_id, "id": order.client_order_id}).scalars())
    return [fill for fill in report.fills if fill.trade_id not in known]


def _book(connection: Connection, order: Order, fill: Fill, before: Books, lease_token: int) -> Books:
    after = before.after(fill)
    _trade(connection, order, fill, after.position.realized_pnl - before.position.realized_pnl, lease_token)
    _position(connection, order, after.position, fill.executed_at_us)
    for asset, total, change in (
        (quote_of(order.symbol), after.cash, fill.cash_change),
        (base_of(order.symbol), after.position.amount, fill.base_change),
    ):
        reason = f"trade {fill.trade_id}"
        _balance(connection, order.strategy_id, order.exchange, asset, total, change, reason, fill.executed_at_us)
    _equity(connection, order.strategy_id, after.cash, after.position.amount * fill.price, fill.executed_at_us)
    return after


def _trade(connection: Connection, order: Order, fill: Fill, realized: Decimal, lease_token: int) -> None:
    last = connection.execute(_LAST_SEQUENCE, {"strategy_id": order.strategy_id}).scalar_one()
    connection.execute(
        insert(trades).values(
            strategy_id=order.strategy_id,
            trade_id=fill.trade_id,
            sequence=last + 1,
            client_order_id=order.client_order_id,
            exchange=order.exchange,
            symbol=order.symbol,
            side=fill.side.value,
            amount=fill.amount,
            price=fill.price,
            cost=fill.cost,
            fee=fill.fee,
            fee_asset=fill.fee_asset,
            fee_quote=fill.fee_quote,
            liquidity=fill.liquidity,
            realized_pnl=realized,
            lease_token=lease_token,
            executed_at_us=fill.executed_at_us,
        )
    )


def _position(connection: Connection, order: Order, position: Position, now_us: int) -> None:
    key = ("strategy_id", "exchange", "symbol")
    statement = dialect.upsert(
        connection.dialect.name, positions, key, (*_POSITION_COLUMNS, "average_price", "updated_at_us")
    )
    values = {name: getattr(position, name) for name in (*_POSITION_COLUMNS, "average_price")}
    where = {name: getattr(order, name) for name in key}
    connection.execute(statement, {**where, **values, "updated_at_us": now_us})


def _balance(
    connection: Connection,
    strategy_id: str,
    exchange: str,
    asset: str,
    total: Decimal,
    change: Decimal,
    reason: str,
    now_us: int,
) -> None:
    connection.execute(
        insert(balance_history).values(
            strategy_id=strategy_id,
            exchange=exchange,
            asset=asset,
            total=total,
            free=total,
            held=Decimal(0),
            change=change,
            source="paper",
            reason=reason,
            recorded_at_us=now_us,
        )
    )


def _equity(connection: Connection, strategy_id: str, cash: Decimal, value: Decimal, now_us: int) -> None:
    row = {"cash": cash, "positions_value": value, "equity": cash + value, "recorded_at_us": now_us}
    connection.execute(insert(equity_history).values(strategy_id=strategy_id, **row))
