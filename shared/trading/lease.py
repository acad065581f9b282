"""The right of one trader process to run one strategy for a while. Pure decisions; `now` is boot-clock time.

The boot clock never steps and is shared by all containers of a host; a lease from another boot of the host is
void, because its owner can't have survived the reboot. Where the system does not name its boots, one is told by an
expiry further in the future than any lease reaches.
"""

from collections.abc import Iterable
from dataclasses import dataclass

#: Beyond any term that can be configured.
_NO_LEASE_LASTS_US = 3_600 * 1_000_000


@dataclass(frozen=True)
class Lease:
    """A row of `leases`; `owner` is None while nobody holds it, and `expires_us` is then since when (boot clock)."""

    strategy_id: str
    owner: str | None
    token: int
    expires_us: int
    boot_id: str

    def is_held(self, now: int, boot: str) -> bool:
        """Whether its owner may still act on it."""
        return self.owner is not None and self._is_of_this_boot(now, boot) and now < self.expires_us

    def free_for(self, now: int, boot: str) -> int | None:
        """Microseconds it has had no owner; None while it is held."""
        if self.is_held(now, boot):
            return None
        return max(0, now - self.expires_us) if self._is_of_this_boot(now, boot) else now

    def _is_of_this_boot(self, now: int, boot: str) -> bool:
        return self.boot_id == boot and self.expires_us - now <= _NO_LEASE_LASTS_US


def choose(leases: Iterable[Lease], held: int, term_us: int, now: int, boot: str) -> Lease | None:
    """Which strategy a replica that holds `held` should claim now, if any.

    A replica without a strategy takes the one that has been free longest. One that has work adopts only
    orphans: those without an owner for two lease terms, which leaves replicas started together, and spare
    ones, the time to come first.
    """
    patience = 2 * term_us if held else 0
    free = [(lease.free_for(now, boot), lease.strategy_id, lease) for lease in leases]
    due = [(since, name, lease) for since, name, lease in free if since is not None and since >= patience]
    return min(due, key=lambda entry: (-entry[0], entry[1]))[2] if due else None
