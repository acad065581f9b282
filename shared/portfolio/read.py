"""Reading the portfolio: all of it once, then what changed."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, select

from shared.database import Database
from shared.market import quote_of
from shared.models import balance_history, positions, strategy_metadata, ticker_data
from shared.portfolio.holdings import Holding
from shared.portfolio.totals import Portfolio
from shared.trading import Position

ZERO = Decimal(0)
_WHO = ("strategy_id", "strategy_name", "broker", "exchange", "symbol", "timeframe")
_BOOKS = ("amount", "cost", "realized_pnl", "fees")
_OF_MARKET = and_(*(positions.c[name] == strategy_metadata.c[name] for name in ("strategy_id", "exchange", "symbol")))
_HELD = select(*(strategy_metadata.c[name] for name in _WHO), *(positions.c[name] for name in _BOOKS)).outerjoin(
    positions, _OF_MARKET
)
_CHANGED = _HELD.where(
    strategy_metadata.c.strategy_id.in_(
        select(balance_history.c.strategy_id).where(balance_history.c.balance_id > bindparam("after"))
    )
)
_CASH = (
    select(balance_history.c.total)
    .where(
        balance_history.c.strategy_id == strategy_metadata.c.strategy_id, balance_history.c.asset == bindparam("quote")
    )
    .order_by(balance_history.c.balance_id.desc())  # the order of entry: a wall clock may step back
    .limit(1)
    .correlate(strategy_metadata)
    .scalar_subquery()
)
_CASHES = select(strategy_metadata.c.strategy_id, _CASH).where(
    strategy_metadata.c.strategy_id.in_(bindparam("ids", expanding=True))
)
_NEWEST = select(func.coalesce(func.max(balance_history.c.balance_id), 0))
_MARK = (
    select(ticker_data.c.bid)
    .where(ticker_data.c.exchange == bindparam("exchange"), ticker_data.c.symbol == bindparam("symbol"))
    .order_by(ticker_data.c.timestamp.desc())
    .limit(1)
)


class HoldingsReader:
    """The holdings of a database, as of the last `follow`. For one thread at a time.

    Every change of books enters a row of `balance_history` in the same transaction: those after the last one seen
    name the strategies to read again.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: int | None = None
        self.portfolio = Portfolio()

    def follow(self) -> Portfolio:
        """Take in what changed since, and the latest price (best bid) of every market that is traded."""
        newest = self._database.peek(_NEWEST, {})
        if newest is not None and newest[0] != self._seen:
            with self._database.read() as connection:
                self._take_in(connection)
        places = list(self.portfolio.lines)
        named = [{"exchange": exchange, "symbol": symbol} for exchange, symbol in places]
        for place, found in zip(places, self._database.peek_each(_MARK, named), strict=True):
            if found is not None:
                self.portfolio.mark(place, Decimal(found[0]))
        return self.portfolio

    def _take_in(self, connection: Connection) -> None:
        newest = connection.execute(_NEWEST).scalar_one()
        if self._seen is None:
            rows = connection.execute(_HELD).all()
        else:
            rows = connection.execute(_CHANGED, {"after": self._seen}).all()
        for holding in _holdings(connection, rows):
            self.portfolio.hold(holding)
        self._seen = newest


def _holdings(connection: Connection, rows: Sequence[Row[Any]]) -> list[Holding]:
    by_quote: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        by_quote[quote_of(row.symbol)].append(row.strategy_id)
    cash: dict[str, Decimal | None] = {}
    for quote, ids in by_quote.items():
        cash |= dict(connection.execute(_CASHES, {"quote": quote, "ids": ids}).tuples().all())
    return [_holding(row, cash[row.strategy_id] or ZERO) for row in rows]


def _holding(row: Row[Any], cash: Decimal) -> Holding:
    described = {name: getattr(row, name) for name in _WHO}
    position = Position() if row.amount is None else Position(*(getattr(row, name) for name in _BOOKS))
    return Holding(**described, cash=cash, position=position)
