"""High-water marks: what a loss is measured against. Pure."""

from dataclasses import dataclass, replace
from decimal import Decimal

_DAY_US = 86_400 * 1_000_000


@dataclass(frozen=True)
class Mark:
    """A row of `risk_marks`, money in quote; `scope` is a strategy_id or a sum over the desk.

    `day_equity` is the first equity seen in the UTC day that began at `day` (us), `peak_equity` the highest since the
    mark was set; `equity` is that of `updated_at_us`. `paid_in` is the opening cash of all that is summed up.
    """

    scope: str
    day: int
    day_equity: Decimal
    peak_equity: Decimal
    equity: Decimal
    paid_in: Decimal
    updated_at_us: int

    @property
    def daily_loss(self) -> Decimal:
        """Fraction of the equity at the beginning of the day that is gone; below 0 for a profit."""
        return _lost(self.day_equity, self.equity)

    @property
    def drawdown(self) -> Decimal:
        """Fraction of the highest equity that is gone."""
        return _lost(self.peak_equity, self.equity)

    def at(self, equity: Decimal) -> "Mark":
        """The same mark for an equity read in this moment."""
        return replace(self, equity=equity, peak_equity=max(self.peak_equity, equity))


def marked(before: Mark | None, scope: str, equity: Decimal, paid_in: Decimal, now_us: int) -> Mark:
    """The mark once `equity` is seen, which began as `paid_in`: where that has grown, a strategy is new.

    A clock that steps back into the day before begins no day anew.
    """
    day = now_us - now_us % _DAY_US
    if before is None:
        return Mark(scope, day, equity, equity, equity, paid_in, now_us)
    new_money = paid_in - before.paid_in
    peak = max(before.peak_equity + new_money, equity)
    if day > before.day:
        return Mark(scope, day, equity, peak, equity, paid_in, now_us)
    return Mark(scope, before.day, before.day_equity + new_money, peak, equity, paid_in, now_us)


def _lost(before: Decimal, now: Decimal) -> Decimal:
    return 1 - now / before if before > 0 else Decimal(0)
