"""What a strategy has of one asset, and how that changed."""

from decimal import Context, Decimal
from typing import NamedTuple

from shared.trading.money import ZERO, exact

#: A percentage is for reading: 12 significant digits.
_SHORT = Context(prec=12)


class Balance(NamedTuple):
    """`total` of an asset, of which open orders have a claim on `held`. Below zero, the strategy owes it."""

    total: Decimal = ZERO
    held: Decimal = ZERO


class BalanceChange(NamedTuple):
    """A row of `balance_history`: what there is after `change`, who changed it (`source`) and why, and when (us)."""

    strategy_id: str
    exchange: str
    asset: str
    total: Decimal
    held: Decimal
    change: Decimal
    source: str
    reason: str
    recorded_at_us: int

    @property
    @exact
    def free(self) -> Decimal:
        """What no order has a claim on."""
        return self.total - self.held

    @property
    @exact
    def change_percent(self) -> Decimal | None:
        """The change in percent of what there was before; None if that was nothing."""
        return percent(self.change, self.total - self.change)


def percent(change: Decimal, before: Decimal) -> Decimal | None:
    """To 12 significant digits; None of nothing."""
    return _SHORT.divide(change * 100, before) if before else None
