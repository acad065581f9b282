"""Closed trades: from the fill that opens a position to the one that closes it. Pure and exact."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from shared.market import Market
from shared.trading import Leg, Position, Side, plain
from shared.trading.money import exact
from trader.backtest.ledger import Booked
from trader.closing import is_tradable


@dataclass(frozen=True)
class ClosedTrade:
    """`bought` and `sold` in base, `cost` and `proceeds` in quote before `fees`; `pnl` after them.

    Prices are averages to 18 places. `leg` is what closed it: the strategy's exit, its stop or its target.
    """

    opened_at_us: int
    closed_at_us: int
    bought: Decimal
    cost: Decimal
    sold: Decimal
    proceeds: Decimal
    fees: Decimal
    pnl: Decimal
    leg: Leg

    @property
    def entry_price(self) -> Decimal:
        """What a unit was bought for, without fees."""
        return Position(self.bought, self.cost).average_price

    @property
    def exit_price(self) -> Decimal:
        """What a unit was sold for, without fees."""
        return Position(self.sold, self.proceeds).average_price

    @property
    def gain(self) -> Decimal:
        """The profit as a fraction of what was paid."""
        return self.pnl / self.cost


def closed_trades(booked: Iterable[Booked], market: Market) -> Iterator[ClosedTrade]:
    """The round trips that are over; what is too little to be sold is not held."""
    fills: list[Booked] = []
    for each in booked:
        fills.append(each)
        if each.fill.side is Side.SELL and not is_tradable(each.books.position, market):
            yield _closed(fills)
            fills = []


def digest(trades: Iterable[ClosedTrade], *, sizes: bool) -> str:
    """SHA-256 over times and prices, and over amounts and money if `sizes` count: a line a trade, as exact text."""
    found = sha256()
    for trade in trades:
        cells = [trade.entry_price, trade.exit_price]
        cells += [trade.bought, trade.cost, trade.sold, trade.proceeds, trade.fees, trade.pnl] if sizes else []
        line = ",".join((str(trade.opened_at_us), str(trade.closed_at_us), *map(plain, cells)))
        found.update(line.encode() + b"\n")
    return found.hexdigest()


@exact
def _closed(fills: list[Booked]) -> ClosedTrade:
    buys = [each.fill for each in fills if each.fill.side is Side.BUY]
    sales = [each.fill for each in fills if each.fill.side is Side.SELL]
    zero = Decimal(0)
    return ClosedTrade(
        opened_at_us=fills[0].fill.executed_at_us,
        closed_at_us=fills[-1].fill.executed_at_us,
        bought=sum((fill.amount for fill in buys), zero),
        cost=sum((fill.cost for fill in buys), zero),
        sold=sum((fill.amount for fill in sales), zero),
        proceeds=sum((fill.cost for fill in sales), zero),
        fees=sum((each.fill.fee_quote or zero for each in fills), zero),
        pnl=sum((each.realized for each in fills), zero),
        leg=fills[-1].order.leg,
    )
