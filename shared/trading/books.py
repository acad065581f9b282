"""The two sides of a strategy's books in one market."""

from dataclasses import dataclass
from decimal import Decimal

from shared.trading.fill import Fill
from shared.trading.position import Position, after_fill


@dataclass(frozen=True)
class Books:
    """What a strategy owns in its market: cash in the quote asset, and the position."""

    cash: Decimal
    position: Position

    def after(self, fill: Fill) -> "Books":
        """Both sides once a fill, with its fee in the quote asset, is in them."""
        return Books(self.cash + fill.cash_change, after_fill(self.position, fill))
