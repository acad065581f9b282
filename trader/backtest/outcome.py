"""What a test came to: every fill, the books at its end, and the course of equity. Money is exact."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from shared.market import Market
from shared.portfolio.curve import Curve
from shared.portfolio.hold import held
from shared.trading import Books, OpenOrder, StateRow
from trader.backtest.curve import Kept
from trader.backtest.ledger import Booked, Decided, Ledger
from trader.backtest.rounds import ClosedTrade, closed_trades, digest
from trader.backtest.spec import Backtest


@dataclass(frozen=True)
class Outcome:
    """`books`, `waiting` orders and the trading `state` as they stood at the end; `kept` is the course of it."""

    backtest: Backtest
    market: Market
    signals: tuple[Decided, ...]
    fills: tuple[Booked, ...]
    books: Books
    waiting: tuple[OpenOrder, ...]
    state: StateRow
    kept: Kept

    @classmethod
    def of(cls, backtest: Backtest, ledger: Ledger, state: StateRow, kept: Kept) -> "Outcome":
        """What a ledger holds at the end."""
        found = (tuple(ledger.signals), tuple(ledger.trades), ledger.books, ledger.waiting)
        return cls(backtest, ledger.market, *found, state, kept)

    @cached_property
    def trades(self) -> tuple[ClosedTrade, ...]:
        """The round trips that are over."""
        return tuple(closed_trades(self.fills, self.market))

    def sha256(self, *, sizes: bool = True) -> str:
        """The closed trades in one number: equal if all are, to the last digit.

        Without `sizes` only their times and prices count, for engines that size with floats.
        """
        return digest(self.trades, sizes=sizes)

    @property
    def last_close(self) -> Decimal | None:
        """The newest candle's; None if there was none."""
        return Decimal(repr(float(self.kept.closes[-1]))) if len(self.kept.closes) else None

    @property
    def equity(self) -> Decimal:
        """Cash and the position at the last close."""
        return self.books.equity(self.last_close or Decimal(0))

    @cached_property
    def curve(self) -> Curve:
        """Equity at the first and last close and at those that end an hour; nothing is paid in on the way."""
        times = self.kept.times.tolist()
        worth = tuple(_worth(self.backtest.cash, self.fills, times, self.kept.closes.tolist()))
        return Curve(tuple(time * 1_000 for time in times), worth, (Decimal(0),) * len(times))

    @cached_property
    def hold(self) -> Curve:
        """Buy-and-hold of the same market from the first close on, without fees."""
        return held(self.curve, self.kept.closes.tolist(), None)


def _worth(cash: Decimal, fills: tuple[Booked, ...], times: list[int], closes: list[float]) -> Iterator[Decimal]:
    """At each close the books after the fills before it: one at its very instant is the next candle's."""
    books, done = None, 0
    for time, close in zip(times, closes, strict=True):
        while done < len(fills) and fills[done].fill.executed_at_us < time * 1_000:
            books, done = fills[done].books, done + 1
        yield books.equity(Decimal(repr(close))) if books else cash
