"""`markets`: the trading rules, kept by the backfiller so that a paper trader needs no exchange client."""

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, select

from shared.database import dialect
from shared.market import Market
from shared.models import markets

_RULES = ("amount_step", "price_tick", "minimum_cost", "maker_fee", "taker_fee")


def save_markets(connection: Connection, found: Iterable[Market], now_us: int) -> None:
    """Add or refresh markets."""
    rows = [{**asdict(market), "updated_at_us": now_us} for market in found]
    if rows:
        statement = dialect.upsert(connection.dialect.name, markets, ("exchange", "symbol"), (*_RULES, "updated_at_us"))
        connection.execute(statement, rows)


def market(connection: Connection, exchange: str, symbol: str) -> Market | None:
    """The rules of one market; None while the backfiller has not seen it."""
    columns = [markets.c[name] for name in ("exchange", "symbol", *_RULES)]
    row = connection.execute(select(*columns).where(markets.c.exchange == exchange, markets.c.symbol == symbol)).first()
    return Market(*row) if row else None
