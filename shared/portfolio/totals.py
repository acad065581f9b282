"""The sums over all strategies, kept up by what changes: they are there when they are asked for. Pure and exact."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal, localcontext
from operator import add, sub
from typing import NamedTuple

from shared.portfolio.holdings import Account, Holding, Place

ZERO = Decimal(0)
#: Far more digits than any sum of money has: what is added and taken away again leaves nothing behind.
_DIGITS = 100


class Totals(NamedTuple):
    """Sums of one account, in its quote asset. `net` is long less short, `gross` long and short, at the marks."""

    strategies: int = 0
    positions: int = 0
    cash: Decimal = ZERO
    net: Decimal = ZERO
    gross: Decimal = ZERO
    realized: Decimal = ZERO
    unrealized: Decimal = ZERO
    fees: Decimal = ZERO

    @property
    def equity(self) -> Decimal:
        """Cash and the marked positions."""
        return self.cash + self.net

    @property
    def pnl(self) -> Decimal:
        """Realized, after fees, and unrealized, before what closing costs."""
        return self.realized + self.unrealized


class Line(NamedTuple):
    """What the strategies of one account hold in one market, before any mark: so a new mark costs the same for all.

    `long` and `short` in base, `long_cost` and `short_cost` in quote, none below zero.
    """

    strategies: int = 0
    positions: int = 0
    cash: Decimal = ZERO
    realized: Decimal = ZERO
    fees: Decimal = ZERO
    long: Decimal = ZERO
    short: Decimal = ZERO
    long_cost: Decimal = ZERO
    short_cost: Decimal = ZERO

    def at(self, mark: Decimal | None) -> Totals:
        """Valued at `mark`; at cost, and so without a profit, while the market has no price yet."""
        long = self.long_cost if mark is None else self.long * mark
        short = self.short_cost if mark is None else self.short * mark
        unrealized = long - self.long_cost - short + self.short_cost
        return Totals(
            self.strategies, self.positions, self.cash, long - short, long + short, self.realized, unrealized, self.fees
        )


def line_of(holding: Holding) -> Line:
    """One strategy's share of its market's line."""
    held = holding.position
    line = Line(1, int(held.is_open), holding.cash, held.realized_pnl, held.fees)
    if held.amount >= 0:
        return line._replace(long=held.amount, long_cost=held.cost)
    return line._replace(short=-held.amount, short_cost=-held.cost)


class Portfolio:
    """All strategies with their sums: a change or a new mark is a constant amount of work, asking is none."""

    def __init__(self) -> None:
        self._holdings: dict[str, Holding] = {}
        self._marks: dict[Place, Decimal] = {}
        self._lines: defaultdict[Place, dict[Account, Line]] = defaultdict(dict)
        self._totals: dict[Account, Totals] = {}

    @property
    def totals(self) -> Mapping[Account, Totals]:
        """The sums of each account."""
        return self._totals

    @property
    def holdings(self) -> Mapping[str, Holding]:
        """Every strategy, by its id."""
        return self._holdings

    @property
    def lines(self) -> Mapping[Place, Mapping[Account, Line]]:
        """Every market that a strategy trades, with what is held there."""
        return self._lines

    def mark_of(self, place: Place) -> Decimal | None:
        """The market's price; None while there is none."""
        return self._marks.get(place)

    def hold(self, holding: Holding) -> None:
        """Take in a strategy that is new, or whose books changed. One can't change its account or market."""
        before = self._holdings.get(holding.strategy_id)
        account, place = holding.account, holding.place
        line = self._lines[place].get(account, Line())
        with localcontext(prec=_DIGITS):
            new = Line(*map(add, line, line_of(holding)))
            if before is not None:
                new = Line(*map(sub, new, line_of(before)))
            self._replace(account, place, line, new, self._marks.get(place))
        self._holdings[holding.strategy_id] = holding

    def mark(self, place: Place, price: Decimal) -> None:
        """Take in a market's price."""
        before = self._marks.get(place)
        if price == before:
            return
        with localcontext(prec=_DIGITS):
            for account, line in self._lines[place].items():
                self._move(account, line.at(before), line.at(price))
        self._marks[place] = price

    def _replace(self, account: Account, place: Place, old: Line, new: Line, mark: Decimal | None) -> None:
        self._move(account, old.at(mark), new.at(mark))
        self._lines[place][account] = new

    def _move(self, account: Account, old: Totals, new: Totals) -> None:
        left = map(sub, self._totals.get(account, Totals()), old)
        self._totals[account] = Totals(*map(add, left, new))
