"""One strategy's ledger in memory: orders, books, protection, signals and marks, as shared.ledger keeps them in tables.

What an order, a fill or a protection does to the books is said in shared.trading and trader.closing, here as there; a
test holds both ledgers against each other.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple

from shared.market import Market
from shared.trading import (
    Books,
    Fill,
    OpenOrder,
    Order,
    Protection,
    RecentTrade,
    Report,
    Side,
    Signal,
    status_after,
)
from shared.trading.money import exact
from trader.closing import Attempts, is_tradable, remainder
from trader.situation import Situation


class Decided(NamedTuple):
    """A signal that was not to hold, and what became of it: `ordered`, or why it was refused."""

    candle: int
    side: Side
    reason: str
    outcome: str


class Booked(NamedTuple):
    """A fill, the order it is of, what it realized (quote, after its fee), and the books after it."""

    order: Order
    fill: Fill
    realized: Decimal
    books: Books


@dataclass
class Ledger:
    """Begins with `books`; `trades` are all fills in the order they were booked.

    `holds` says whether there is a position that could be sold.
    """

    market: Market
    books: Books
    waiting: tuple[OpenOrder, ...] = ()
    protection: Protection | None = None
    holds: bool = False
    signals: list[Decided] = field(default_factory=list)
    trades: list[Booked] = field(default_factory=list)
    _wanted: dict[int, Signal] = field(default_factory=dict)
    _got: defaultdict[str, list[tuple[Decimal, int]]] = field(default_factory=lambda: defaultdict(list))
    _tried: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict)
    _placed_us: list[int] = field(default_factory=list)

    @property
    def attempts(self) -> Attempts:
        """How many attempts each (candle, leg) took, and when the last was decided; 0 if it got something."""
        return self._tried

    def record(self, candle: int, side: Side, reason: str, outcome: str) -> None:
        """Keep what was decided, and what became of it."""
        self.signals.append(Decided(candle, side, reason, outcome))

    def place(self, order: Order, signal: Signal | None = None) -> None:
        """Enter an order intent; of an entry the signal, whose prices will protect it."""
        if signal is not None and order.is_entry:
            self._wanted[order.candle] = signal
        self._tried[order.candle, order.leg] = (order.attempt, order.decided_at_us)
        self._placed_us.append(order.decided_at_us)
        placed = OpenOrder(order)
        if order.limit_price is not None:
            self.books = self.books.holding(replace(placed, filled=order.amount), placed)
        self.waiting = (*self.waiting, placed)

    def wanted(self, order: Order) -> Signal | None:
        """The signal behind an entry that is not done."""
        return self._wanted.get(order.candle) if order.is_entry else None

    def booked(self, order: Order) -> list[tuple[Decimal, int]]:
        """What was filled of an order: how much, and when (us)."""
        return self._got.get(order.client_order_id, [])

    def orders_since(self, since_us: int) -> int:
        """How many orders were decided on later than that."""
        while self._placed_us and self._placed_us[0] <= since_us:
            del self._placed_us[0]
        return len(self._placed_us)

    def trades_since(self, since_us: int) -> tuple[RecentTrade, ...]:
        """The trades later than that, newest first."""
        found = []
        for order, fill, realized, _ in reversed(self.trades):
            if fill.executed_at_us <= since_us:
                break
            found.append(RecentTrade(order.client_order_id, order.leg, fill.cost, realized, fill.executed_at_us))
        return tuple(found)

    def settle(self, waiting: OpenOrder, report: Report, situation: Situation, now_us: int) -> None:
        """Enter what was found out of an order: trades, books, protection, and what is left to be closed."""
        order = waiting.order
        after = self._book(waiting, report)
        self.waiting = tuple(
            each
            for each in (after if each.order is order else each for each in self.waiting)
            if not each.status.is_done
        )
        if report.fills:
            self.holds = is_tradable(self.books.position, self.market)
        if not self.holds:
            self.protection = None
            self._tried.clear()
        elif order.is_entry and report.fills:
            self._protect(order)
        if order.is_entry and after.status.is_done:
            self._wanted.pop(order.candle, None)
        rest = remainder(order, report, after.left, self.books.position, situation, now_us)
        if rest is not None and all(each.order.is_entry for each in self.waiting):
            self.place(rest)

    @exact
    def _book(self, before: OpenOrder, report: Report) -> OpenOrder:
        order, books, filled = before.order, self.books, before.filled
        for fill in report.fills:
            now = books.after(fill)
            self.trades.append(Booked(order, fill, now.position.realized_pnl - books.position.realized_pnl, now))
            self._got[order.client_order_id].append((fill.amount, fill.executed_at_us))
            books, filled = now, filled + fill.amount
        status = status_after(before.status, report.status, filled, order.amount)
        checked = before.checked_at_us if report.checked_at_us is None else report.checked_at_us
        after = OpenOrder(order, status, filled, checked_at_us=checked)
        self.books = books.holding(before, after)
        if status.is_done:
            self._got.pop(order.client_order_id, None)
        if report.fills:
            self._tried[order.candle, order.leg] = (order.attempt, 0)
        return after

    def _protect(self, order: Order) -> None:
        """What the signal did not ask for stays as an earlier entry of the same position set it."""
        signal, before = self._wanted[order.candle], self.protection
        stop, target = signal.stop, signal.take_profit
        if before is not None:
            stop = before.stop_price if stop is None else stop
            target = before.take_profit if target is None else target
        if stop is not None or target is not None:
            self.protection = Protection(order.strategy_id, order.exchange, order.symbol, order.candle, stop, target)
