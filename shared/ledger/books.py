"""The books of one strategy in its market, as they stand."""

from sqlalchemy import Connection, bindparam, select

from shared.database.prepared import Prepared
from shared.ledger.balances import latest_balances
from shared.ledger.rows import put
from shared.market import base_of, quote_of
from shared.models import positions
from shared.trading import Books, Order, Position

_COLUMNS = ("amount", "cost", "realized_pnl", "fees")
_POSITION = Prepared(
    select(*(positions.c[name] for name in _COLUMNS)).where(
        positions.c.strategy_id == bindparam("strategy_id"),
        positions.c.exchange == bindparam("exchange"),
        positions.c.symbol == bindparam("symbol"),
    )
)


def books(connection: Connection, strategy_id: str, exchange: str, symbol: str) -> Books:
    """The current books of a strategy."""
    row = _POSITION.first(connection, strategy_id=strategy_id, exchange=exchange, symbol=symbol)
    base, quote = latest_balances(connection, strategy_id, base_of(symbol), quote_of(symbol))
    return Books(quote.total, Position(*row) if row else Position(), quote.held, base.held)


def positions_of(connection: Connection, strategy_id: str) -> dict[str, Position]:
    """The positions of a strategy by symbol, those that are closed by now included."""
    columns = [positions.c[name] for name in ("symbol", *_COLUMNS)]
    rows = connection.execute(select(*columns).where(positions.c.strategy_id == strategy_id))
    return {symbol: Position(*amounts) for symbol, *amounts in rows}


def save_position(connection: Connection, order: Order, position: Position, now_us: int) -> None:
    """Write what an order's market now holds."""
    key = {name: getattr(order, name) for name in ("strategy_id", "exchange", "symbol")}
    values = {name: getattr(position, name) for name in (*_COLUMNS, "average_price")}
    put(connection, positions, key, {**values, "updated_at_us": now_us})
