"""`ticker_data`: what the markets cost, as the paper broker and the operator see it."""

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, bindparam, select

from shared.database import dialect
from shared.database.prepared import Prepared
from shared.market import Ticker
from shared.models import ticker_data

_KEY = ("exchange", "symbol", "timestamp")
_COLUMNS = [ticker_data.c[name] for name in ("exchange", "symbol", "timestamp", "bid", "ask", "last", "received_at_us")]
_OF_MARKET = select(*_COLUMNS).where(
    ticker_data.c.exchange == bindparam("exchange"), ticker_data.c.symbol == bindparam("symbol")
)
#: In the order of the index; by `timestamp` SQLite would go through all tickers of the market.
_SINCE = Prepared(
    _OF_MARKET.where(ticker_data.c.received_at_us > bindparam("after")).order_by(ticker_data.c.received_at_us)
)
_LATEST = Prepared(_OF_MARKET.order_by(ticker_data.c.timestamp.desc()).limit(1))


def save_tickers(connection: Connection, tickers: Iterable[Ticker]) -> None:
    """Add tickers; one with the same exchange time as a stored one is the same ticker."""
    if rows := [asdict(ticker) for ticker in tickers]:
        connection.execute(dialect.insert_or_ignore(connection.dialect.name, ticker_data, _KEY), rows)


def tickers_since(connection: Connection, exchange: str, symbol: str, after_us: int, now_us: int) -> list[Ticker]:
    """The tickers received later than `after_us` and up to now, by our own clock, oldest first.

    Our clock may have been set back since it stamped one; the exchange's time, which goes on, tells: what was
    received "later" than a ticker that came after it is from before the step, and is left out.
    """
    rows = _SINCE.rows(connection, exchange=exchange, symbol=symbol, after=after_us)
    found = sorted((Ticker(*row) for row in rows), key=lambda ticker: ticker.timestamp)
    if not found or found[-1].received_at_us > now_us:
        return []
    steps = [at for at in range(1, len(found)) if found[at - 1].received_at_us > found[at].received_at_us]
    return found[steps[-1] :] if steps else found


def latest_ticker(connection: Connection, exchange: str, symbol: str) -> Ticker | None:
    """The newest ticker, by the exchange's time: ours may have been set back since it came."""
    row = _LATEST.first(connection, exchange=exchange, symbol=symbol)
    return Ticker(*row) if row else None
