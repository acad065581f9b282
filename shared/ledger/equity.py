"""Equity: what a strategy is worth in the quote asset, written down after each trade and now and then between them."""

from decimal import Decimal

from sqlalchemy import Connection, bindparam, insert, select

from shared.database.prepared import Prepared
from shared.ledger.books import books
from shared.models import equity_history, ticker_data
from shared.trading import Books

_EQUITY = Prepared(insert(equity_history))
_TICKER = Prepared(
    select(ticker_data.c.bid, ticker_data.c.ask)
    .where(ticker_data.c.exchange == bindparam("exchange"), ticker_data.c.symbol == bindparam("symbol"))
    .order_by(ticker_data.c.timestamp.desc())
    .limit(1)
)


def enter_equity(connection: Connection, strategy_id: str, now: Books, mark: Decimal, now_us: int) -> None:
    """Write down what the books are worth at `mark`."""
    row = {"cash": now.cash, "positions_value": now.position.value(mark), "equity": now.equity(mark)}
    _EQUITY.run(connection, **row, strategy_id=strategy_id, recorded_at_us=now_us)


def note_equity(connection: Connection, strategy_id: str, exchange: str, symbol: str, now_us: int) -> Decimal | None:
    """Write down what a strategy is worth at the latest ticker: a long position at the bid, a short one at the ask.

    Returns the equity; None, and nothing is written, while the market has no ticker.
    """
    ticker = _TICKER.first(connection, exchange=exchange, symbol=symbol)
    if ticker is None:
        return None
    now = books(connection, strategy_id, exchange, symbol)
    bid, ask = ticker
    mark: Decimal = bid if now.position.amount >= 0 else ask
    enter_equity(connection, strategy_id, now, mark, now_us)
    return now.equity(mark)
