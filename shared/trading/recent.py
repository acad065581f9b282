"""What happened lately, as the guards look at it."""

from dataclasses import dataclass
from decimal import Decimal

from shared.trading.mark import Mark
from shared.trading.order import Leg


@dataclass(frozen=True)
class RecentTrade:
    """A trade and the leg of the order behind it; `cost` and `realized_pnl` in quote, the latter after the fee."""

    client_order_id: str
    leg: Leg
    cost: Decimal
    realized_pnl: Decimal
    executed_at_us: int

    @property
    def is_exit(self) -> bool:
        """Whether it took exposure away."""
        return self.leg != "entry"


@dataclass(frozen=True)
class Lately:
    """What counts against the limits of one strategy, or of the desk; what no limit asks for is not read.

    `orders` of the last minute; `trades` newest first; `amount` (base) and `exposure` (quote) are what is held and what
    entries on their way may add; `mark` carries the equity of this moment.
    """

    orders: int = 0
    trades: tuple[RecentTrade, ...] = ()
    amount: Decimal = Decimal(0)
    exposure: Decimal = Decimal(0)
    mark: Mark | None = None


#: Of a strategy without limits.
NOTHING_LATELY = Lately()
