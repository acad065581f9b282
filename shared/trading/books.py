"""The two sides of a strategy's books in one market."""

from dataclasses import dataclass, replace
from decimal import Decimal

from shared.trading.fill import Fill
from shared.trading.position import Position, after_fill


@dataclass(frozen=True)
class Books:
    """What a strategy owns in its market: cash in the quote asset, part of it held by open orders, and the position."""

    cash: Decimal
    position: Position
    held: Decimal = Decimal(0)

    @property
    def free(self) -> Decimal:
        """Cash that no open order has a claim on."""
        return self.cash - self.held

    def equity(self, mark: Decimal) -> Decimal:
        """Cash and the position at `mark`."""
        return self.cash + self.position.amount * mark

    def after(self, fill: Fill) -> "Books":
        """Both sides once a fill is in them."""
        return replace(self, cash=self.cash + fill.cash_change, position=after_fill(self.position, fill))
