"""What an exchange's answers mean for an order. Pure."""

from decimal import Decimal
from typing import Protocol

from shared.errors import RepairError
from shared.trading import Fill, OpenOrder, Report, Status

#: How long the trades of a finished order may take to be listed.
_PATIENCE_MS = 60_000

#: How long after a request's validity it may still be on its way inside the exchange.
_ARRIVAL_MS = 1_000


class Seen(Protocol):
    """What is read of an order at an exchange (shared.exchange.SeenOrder)."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> Status | None: ...
    @property
    def filled(self) -> Decimal: ...
    @property
    def updated_ms(self) -> int: ...


def told(waiting: OpenOrder, seen: Seen, fills: tuple[Fill, ...], reason: str, now_ms: int) -> Report | None:
    """The order as the exchange shows it; None if nothing is new.

    It is done only once its fills add up to what the exchange says is filled: trades may be listed later than the
    order ends, and in any order. RepairError if they still lack after a minute. One that ends with less than
    was wanted, as where a buy names a sum, counts as cancelled with a part.
    """
    listed = sum((fill.amount for fill in fills), Decimal(0))
    status = seen.status or Status.OPEN
    if status.is_done and listed < seen.filled:
        if now_ms - seen.updated_ms > _PATIENCE_MS:
            raise RepairError(
                f"order {waiting.order.client_order_id}: the exchange says {seen.filled} are filled and lists trades"
                f" of {listed}; compare its trades with the ledger's, then resume the strategy"
            )
        status = Status.OPEN
    if status is Status.FILLED and listed < waiting.order.amount:
        status = Status.CANCELLED
    if not status.is_done:
        status = Status.PARTIALLY_FILLED if listed else Status.OPEN
    if (status, listed, seen.id) == (waiting.status, waiting.filled, waiting.exchange_order_id):
        return None
    why = (reason or "ended by the exchange") if status in (Status.CANCELLED, Status.REJECTED) else ""
    return Report(status, fills, why, seen.id)


def may_arrive(waiting: OpenOrder, now_ms: int) -> bool:
    """Whether a request that was sent may still be taken up; `now_ms` is the exchange's clock."""
    return waiting.sent_until_ms is None or now_ms <= waiting.sent_until_ms + _ARRIVAL_MS


def never_arrived() -> Report:
    """An order that is proven absent: the strategy may decide anew, what closes a position is attempted again."""
    return Report(Status.CANCELLED, reason="it never arrived at the exchange")


def pause_us(age_us: int) -> int:
    """How long to wait between two looks at an order of that age: most are filled at once, some rest for days."""
    if age_us < 5_000_000:
        return 200_000
    return 1_000_000 if age_us < 60_000_000 else 5_000_000
