"""What deposits and fills make of a strategy's books. Pure; it is how they are verified and replayed."""

from collections.abc import Mapping
from decimal import Decimal

from shared.trading.fill import Fill
from shared.trading.money import ZERO, exact
from shared.trading.position import Position, after_fill


class Account:
    """Positions by symbol and totals by asset, from nothing on, in the order the fills are entered."""

    def __init__(self, paid_in: Mapping[str, Decimal] | None = None) -> None:
        """`paid_in`: the deposits by asset."""
        self.totals: dict[str, Decimal] = dict(paid_in or {})
        self.positions: dict[str, Position] = {}

    def position(self, symbol: str) -> Position:
        """What is held of a market; flat if it was never traded."""
        return self.positions.get(symbol, Position())

    @exact
    def book(self, symbol: str, fill: Fill) -> Decimal:
        """Enter a fill; returns what it realized, after its fee, in the quote asset."""
        before = self.position(symbol)
        after = self.positions[symbol] = after_fill(before, fill)
        self._move(fill.quote, fill.cash_change)
        self._move(fill.base, fill.base_change)
        if fill.fee_asset not in (fill.base, fill.quote):
            self._move(fill.fee_asset, -fill.fee)
        return after.realized_pnl - before.realized_pnl

    def _move(self, asset: str, change: Decimal) -> None:
        self.totals[asset] = self.totals.get(asset, ZERO) + change
