"""Average-price accounting of one strategy's holding of one symbol, long or short. Exact.

What was paid is kept beside the amount, so nothing is ever lost to rounding: after any fills whatever, the cash that
moved equals `realized_pnl - cost`, fees in base and quote included; the average price is only how it is shown.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from shared.trading.fill import Fill
from shared.trading.money import ZERO, exact

#: Digits of a division that does not end, before it is cut to places: more than any cost has.
_DIGITS = 400
_PLACES = Decimal("1e-18")


@dataclass(frozen=True)
class Position:
    """`amount` in base, below zero if short; `cost` in quote, what the open amount was bought for (sold for: below 0).

    `realized_pnl` is after `fees`, both in quote; fees in a third asset count with what they were worth.
    """

    amount: Decimal = ZERO
    cost: Decimal = ZERO
    realized_pnl: Decimal = ZERO
    fees: Decimal = ZERO

    @property
    def is_open(self) -> bool:
        """Whether anything is held or owed."""
        return self.amount != 0

    @property
    def average_price(self) -> Decimal:
        """What one unit was bought or sold for, without fees; to 18 places, half to even."""
        return _quotient(self.cost, self.amount, ROUND_HALF_EVEN) if self.amount else ZERO

    @exact
    def value(self, mark: Decimal) -> Decimal:
        """What it is worth at `mark`; below zero if short."""
        return self.amount * mark

    @exact
    def unrealized_pnl(self, mark: Decimal) -> Decimal:
        """Profit if all were closed at `mark`, before fees."""
        return mark * self.amount - self.cost


@exact
def after_fill(position: Position, fill: Fill) -> Position:
    """The position once the fill is booked.

    What goes on in the same direction adds to the cost; what goes against it closes first, at the average price, and
    realizes the difference; the rest opens the other way. Every fee is realized at once: one in base changes the
    amount and is worth the fill's price.
    """
    change, price, fee = fill.base_change, fill.price, fill.fee_quote or ZERO
    closing = _closed(position.amount, change)
    released = _share(position, closing)
    return Position(
        amount=position.amount + change,
        cost=position.cost - released + (change + closing) * price,
        realized_pnl=position.realized_pnl + closing * price - released - fee,
        fees=position.fees + fee,
    )


def _closed(amount: Decimal, change: Decimal) -> Decimal:
    """How much of `amount` the change closes, with the sign of `amount`."""
    if amount * change >= 0:
        return ZERO
    return amount if abs(change) >= abs(amount) else -change


def _share(position: Position, closing: Decimal) -> Decimal:
    """The part of the cost that belongs to what is closed; all of it with the last unit, so nothing is left over.

    Cut to 18 places towards zero, so that it never exceeds the cost; what is cut off stays in the cost.
    """
    if closing == position.amount:
        return position.cost
    return _quotient(position.cost * closing, position.amount, ROUND_DOWN) if closing else ZERO


def _quotient(dividend: Decimal, divisor: Decimal, rounding: str) -> Decimal:
    wide = Context(prec=_DIGITS, rounding=rounding, traps=[InvalidOperation])
    return wide.quantize(wide.divide(dividend, divisor), _PLACES)
