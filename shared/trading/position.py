"""Average-price accounting of one strategy's holding of one symbol."""

from dataclasses import dataclass, replace
from decimal import Decimal

from shared.errors import RepairError
from shared.trading.fill import Fill
from shared.trading.signal import Side

ZERO = Decimal(0)


@dataclass(frozen=True)
class Position:
    """A long holding; `amount` in base, `average_price` without fees, `realized_pnl` after fees, both in quote."""

    amount: Decimal = ZERO
    average_price: Decimal = ZERO
    realized_pnl: Decimal = ZERO
    fees: Decimal = ZERO

    @property
    def is_open(self) -> bool:
        """Whether anything is held."""
        return self.amount > 0

    def unrealized_pnl(self, mark: Decimal) -> Decimal:
        """Profit if all were sold at `mark`, before fees."""
        return (mark - self.average_price) * self.amount


def after_fill(position: Position, fill: Fill) -> Position:
    """The position once the fill is booked; RepairError if it would sell more than is held.

    The average price is the cost-weighted mean of what was bought and is untouched by sales; every fee is
    booked as realized at once.
    """
    booked = replace(position, fees=position.fees + fill.fee, realized_pnl=position.realized_pnl - fill.fee)
    if fill.side is Side.BUY:
        amount = position.amount + fill.amount
        average = (position.amount * position.average_price + fill.cost) / amount
        return replace(booked, amount=amount, average_price=average)
    if fill.amount > position.amount:
        raise RepairError(f"trade {fill.trade_id} sells {fill.amount} of a position of {position.amount}")
    amount = position.amount - fill.amount
    gain = (fill.price - position.average_price) * fill.amount
    average = position.average_price if amount else ZERO
    return replace(booked, amount=amount, average_price=average, realized_pnl=booked.realized_pnl + gain)
