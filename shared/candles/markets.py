"""`markets`: the trading rules, kept by the backfiller so that a paper trader needs no exchange client."""

from collections.abc import Iterable
from dataclasses import asdict, fields

from sqlalchemy import Connection, bindparam, select

from shared.database import dialect
from shared.database.prepared import Prepared
from shared.market import Market
from shared.models import markets

_KEY = ("exchange", "symbol")
_COLUMNS = tuple(field.name for field in fields(Market))
_RULES = tuple(name for name in _COLUMNS if name not in _KEY)
_ONE = Prepared(
    select(*(markets.c[name] for name in _COLUMNS)).where(
        *(markets.c[name] == bindparam(f"its_{name}") for name in _KEY)
    )
)


def save_markets(connection: Connection, found: Iterable[Market], now_us: int) -> None:
    """Add or refresh markets."""
    rows = [{**asdict(market), "updated_at_us": now_us} for market in found]
    if rows:
        statement = dialect.upsert(connection.dialect.name, markets, _KEY, (*_RULES, "updated_at_us"))
        connection.execute(statement, rows)


def market(connection: Connection, exchange: str, symbol: str) -> Market | None:
    """The rules of one market; None while the backfiller has not seen it."""
    row = _ONE.first(connection, its_exchange=exchange, its_symbol=symbol)
    return Market(*row) if row else None
