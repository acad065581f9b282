"""What carries an order out: paper and live speak the same few words."""

from decimal import Decimal
from typing import Protocol, runtime_checkable

from shared.database import Database
from shared.market import Market
from shared.trading import Lease, OpenOrder, Report


class Broker(Protocol):
    """Each call says what is known of the order afterwards; None: nothing new.

    Whatever a broker raises leaves the order as it is in the ledger; it is looked at again in the next round.
    """

    def costs(self, market: Market | None) -> Decimal:
        """What an entry costs beyond the price it was decided on, a fraction: an entry leaves so much cash alone."""

    def look(self, database: Database, waiting: OpenOrder, now_us: int, until_us: int) -> Report | None:
        """Ask how far an order has come; of an unknown one, whether it arrived at all.

        On paper nothing that happens after `until_us` counts: an entry is not wanted so late.
        """

    def close(self) -> None:
        """Give its connections back."""

    def cancel(self, database: Database, waiting: OpenOrder, reason: str, now_us: int, lease: Lease) -> Report | None:
        """Take back what is left of an order; it may have been filled meanwhile."""


@runtime_checkable
class Sender(Broker, Protocol):
    """A broker whose orders leave this host: each is `sent` in the ledger before it is sent."""

    def sent_until_ms(self, lease: Lease) -> int:
        """Until when (the exchange's clock) a request that leaves now may be accepted.

        RetryError if what is left of the lease is too short for that.
        """

    def send(self, waiting: OpenOrder, lease: Lease) -> Report | None:
        """Send an order that the ledger has as `sent` by now. Never twice: after a doubt it reports UNKNOWN."""
