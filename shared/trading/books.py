"""The two sides of a strategy's books in one market."""

from dataclasses import dataclass, replace
from decimal import Decimal

from shared.trading.fill import Fill
from shared.trading.money import ZERO, exact
from shared.trading.order import OpenOrder
from shared.trading.position import Position, after_fill
from shared.trading.signal import Side


@dataclass(frozen=True)
class Books:
    """What a strategy owns in its market: cash in the quote asset, part of it held by open orders, and the position.

    `held` is what open limit orders to buy have a claim on, `held_base` what those to sell have of the position.
    """

    cash: Decimal
    position: Position
    held: Decimal = ZERO
    held_base: Decimal = ZERO

    @property
    @exact
    def free(self) -> Decimal:
        """Cash that no open order has a claim on."""
        return self.cash - self.held

    @exact
    def equity(self, mark: Decimal) -> Decimal:
        """Cash and the position at `mark`."""
        return self.cash + self.position.value(mark)

    @exact
    def after(self, fill: Fill) -> "Books":
        """Both sides once a fill is in them; what orders hold is not the fill's affair."""
        return Books(self.cash + fill.cash_change, after_fill(self.position, fill), self.held, self.held_base)

    @exact
    def holding(self, before: OpenOrder, after: OpenOrder) -> "Books":
        """Once an order has come from `before` to `after`: what it has a claim on changes with that."""
        change = after.held - before.held
        if not change:
            return self
        if after.order.side is Side.BUY:
            return replace(self, held=self.held + change)
        return replace(self, held_base=self.held_base + change)
