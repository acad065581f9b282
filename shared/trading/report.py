"""What a broker found out about an order."""

from dataclasses import dataclass

from shared.trading.fill import Fill
from shared.trading.order import Status


@dataclass(frozen=True)
class Report:
    """The order's status now and every fill known of it: those that are booked already are recognised by their id.

    `reason` says why it was refused, cancelled or is unknown. `checked_at_us` is up to when a paper market was
    looked at.
    """

    status: Status
    fills: tuple[Fill, ...] = ()
    reason: str = ""
    exchange_order_id: str | None = None
    checked_at_us: int | None = None
