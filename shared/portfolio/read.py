"""Reading the portfolio: all of it once, then what changed. Why so: docs/decisions/0029-store-speed.md."""

import json
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, literal, select

from shared.database import Database
from shared.database.glance import Glance
from shared.database.prepared import Prepared
from shared.ledger import HAS_MARKET, latest_balance
from shared.market import quote_of
from shared.models import balance_history, change_log, positions, strategy_metadata, ticker_data
from shared.portfolio.holdings import Holding
from shared.portfolio.totals import Portfolio
from shared.trading import Position

_WHO = ("strategy_id", "strategy_name", "broker", "exchange", "symbol", "timeframe")
_BOOKS = ("amount", "cost", "realized_pnl", "fees")
_OF_MARKET = and_(*(positions.c[name] == strategy_metadata.c[name] for name in ("strategy_id", "exchange", "symbol")))
_ALL = (
    select(*(strategy_metadata.c[name] for name in _WHO), *(positions.c[name] for name in _BOOKS))
    .outerjoin(positions, _OF_MARKET)
    .where(HAS_MARKET)
)
_HELD = Prepared(_ALL)
_HELD_BY = Prepared(_ALL.where(strategy_metadata.c.strategy_id == bindparam("strategy_id")))
#: Not DISTINCT: for that SQLite walks a whole index.
_BOOKED = Prepared(select(balance_history.c.strategy_id).where(balance_history.c.balance_id > bindparam("after")))
_LOGGED = Prepared(
    select(change_log.c.table_name, change_log.c.operation, change_log.c.row).where(
        change_log.c.change_id > bindparam("after"),
        change_log.c.table_name.in_([literal(each.name) for each in (positions, balance_history, strategy_metadata)]),
    )
)
_NEWEST = select(
    *(
        func.coalesce(select(least_or_most).scalar_subquery(), 0)
        for least_or_most in (
            func.max(balance_history.c.balance_id),
            func.max(change_log.c.change_id),
            func.min(change_log.c.change_id),
        )
    )
)
_MARK = (
    select(ticker_data.c.bid)
    .where(ticker_data.c.exchange == bindparam("exchange"), ticker_data.c.symbol == bindparam("symbol"))
    .order_by(ticker_data.c.timestamp.desc())
    .limit(1)
)


class _Seen(NamedTuple):
    """How far one has read: the numbers of the newest balance and change, and of the oldest change that is kept."""

    balance: int
    change: int
    oldest: int

    def leads_to(self, now: "_Seen") -> bool:
        """Whether all that came since can still be read: the change log is pruned, and a backup may be put back."""
        return self.balance <= now.balance and self.change <= now.change and now.oldest <= self.change + 1


class HoldingsReader:
    """The holdings of a database, as of the last `follow`. For one thread at a time.

    While nothing was committed, what is held is current. Otherwise the strategies to read again are those in new rows
    of `balance_history`, into which every booking enters one, and those whose rows the change log names.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._glance = Glance(database)
        self._seen: _Seen | None = None
        self.portfolio = Portfolio()

    def follow(self) -> Portfolio:
        """Take in what changed since, and the latest price (best bid) of every market that is traded."""
        if (news := self._glance.news()) is None:
            return self.portfolio
        newest = self._database.peek(_NEWEST, {})
        if newest != self._seen:
            with self._database.read() as connection:
                self._take_in(connection)
        places = list(self.portfolio.lines)
        named = [{"exchange": exchange, "symbol": symbol} for exchange, symbol in places]
        for place, found in zip(places, self._database.peek_each(_MARK, named), strict=True):
            if found is not None:
                self.portfolio.mark(place, Decimal(found[0]))
        self._glance.taken_in(news)
        return self.portfolio

    def _take_in(self, connection: Connection) -> None:
        now, before = _Seen(*connection.execute(_NEWEST).one()), self._seen
        changed = _changed(connection, before) if before and before.leads_to(now) else None
        if changed is None:
            self.portfolio = Portfolio()
            rows = _HELD.rows(connection)
        else:
            rows = [row for each in sorted(changed) for row in _HELD_BY.rows(connection, strategy_id=each)]
        self._seen = None  # until all of it is taken in
        for row in rows:
            self.portfolio.hold(_holding(connection, row))
        self._seen = now


def _changed(connection: Connection, before: _Seen) -> set[str] | None:
    """Whose books changed since; None if a strategy is gone or of another account, which the sums don't forget."""
    changed = {strategy_id for (strategy_id,) in _BOOKED.rows(connection, after=before.balance)}
    for table, operation, row in _LOGGED.rows(connection, after=before.change):
        if table == strategy_metadata.name and operation != "insert":
            return None
        changed.add(json.loads(row)["strategy_id"])
    return changed


def _holding(connection: Connection, row: tuple[Any, ...]) -> Holding:
    described = dict(zip(_WHO, row, strict=False))
    amounts = row[len(_WHO) :]
    position = Position() if amounts[0] is None else Position(*amounts)
    cash = latest_balance(connection, described["strategy_id"], quote_of(described["symbol"])).total
    return Holding(**described, cash=cash, position=position)
