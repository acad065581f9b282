"""Reading what was traded, each trade once."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, select

from shared.market import base_of
from shared.models import markets, trades
from shared.portfolio.holdings import Holding
from shared.portfolio.trips import Deal, Lot, Trips
from shared.trading import Side

_COLUMNS = ("sequence", "side", "amount", "cost", "realized_pnl", "fee", "fee_asset", "fee_quote", "executed_at_us")
_NEWS = (
    select(*(trades.c[name] for name in _COLUMNS))
    .where(trades.c.strategy_id == bindparam("strategy_id"), trades.c.sequence > bindparam("after"))
    .order_by(trades.c.sequence)
)
_LOT = select(markets.c.amount_step, markets.c.minimum_amount).where(
    markets.c.exchange == bindparam("exchange"), markets.c.symbol == bindparam("symbol")
)


class TripsReader:
    """The round trips of every strategy, as of the last `follow`: its trades are numbered as they are booked."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self.trips: dict[str, Trips] = {}

    def follow(self, connection: Connection, holdings: Iterable[Holding]) -> None:
        """Take in the trades of these strategies that are new."""
        for holding in holdings:
            name = holding.strategy_id
            if name not in self.trips:
                self.trips[name] = Trips(_lot(connection, holding))
            self._take_in(connection, holding)

    def _take_in(self, connection: Connection, holding: Holding) -> None:
        name, base = holding.strategy_id, base_of(holding.symbol)
        for row in connection.execute(_NEWS, {"strategy_id": name, "after": self._seen.get(name, 0)}):
            change = Side(row.side).sign * row.amount - (row.fee if row.fee_asset == base else 0)
            self.trips[name].add(Deal(change, *row[3:]))
            self._seen[name] = row.sequence


def _lot(connection: Connection, holding: Holding) -> Lot:
    row = connection.execute(_LOT, {"exchange": holding.exchange, "symbol": holding.symbol}).one_or_none()
    return Lot(*row) if row else Lot()
