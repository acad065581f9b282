"""`ticker_data`: what the markets cost, as the paper broker and the operator see it."""

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, bindparam, select

from shared.database import dialect
from shared.market import Ticker
from shared.models import ticker_data

_KEY = ("exchange", "symbol", "timestamp")
_COLUMNS = [ticker_data.c[name] for name in ("exchange", "symbol", "timestamp", "bid", "ask", "last", "received_at_us")]
_OF_MARKET = select(*_COLUMNS).where(
    ticker_data.c.exchange == bindparam("exchange"), ticker_data.c.symbol == bindparam("symbol")
)
_FIRST_AFTER = (
    _OF_MARKET.where(ticker_data.c.received_at_us > bindparam("after")).order_by(ticker_data.c.received_at_us).limit(1)
)
_LATEST = _OF_MARKET.order_by(ticker_data.c.received_at_us.desc()).limit(1)


def save_tickers(connection: Connection, tickers: Iterable[Ticker]) -> None:
    """Add tickers; one with the same exchange time as a stored one is the same ticker."""
    if rows := [asdict(ticker) for ticker in tickers]:
        connection.execute(dialect.insert_or_ignore(connection.dialect.name, ticker_data, _KEY), rows)


def first_ticker_after(connection: Connection, exchange: str, symbol: str, after_us: int) -> Ticker | None:
    """The first ticker received later than `after_us`, by our own clock: the exchange's may be off."""
    where = {"exchange": exchange, "symbol": symbol, "after": after_us}
    row = connection.execute(_FIRST_AFTER, where).first()
    return Ticker(*row) if row else None


def latest_ticker(connection: Connection, exchange: str, symbol: str) -> Ticker | None:
    """The newest ticker received."""
    row = connection.execute(_LATEST, {"exchange": exchange, "symbol": symbol}).first()
    return Ticker(*row) if row else None
