"""The right of one trader process to run one strategy for a while. Pure decisions; `now` is boot-clock time.

The boot clock never steps and is shared by all containers of a host; what is from another boot of the host is
void, because its owner can't have survived the reboot. Where the system does not name its boots, one is told by an
expiry further in the future than any lease reaches.
"""

from collections import Counter
from collections.abc import Collection, Iterable
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
        return self.owner is not None and _is_of_this_boot(self, now, boot) and now < self.expires_us

    def free_for(self, now: int, boot: str) -> int | None:
        """Microseconds it has had no owner; None while it is held."""
        if self.is_held(now, boot):
            return None
        return max(0, now - self.expires_us) if _is_of_this_boot(self, now, boot) else now


@dataclass(frozen=True)
class Presence:
    """A row of `replicas`: a process that runs strategies, or would; `asks` while it has fewer than its share."""

    owner: str
    asks: bool
    expires_us: int
    boot_id: str

    def is_there(self, now: int, boot: str) -> bool:
        """Whether it has said so lately."""
        return _is_of_this_boot(self, now, boot) and now < self.expires_us


def fair_share(leases: Collection[Lease], replicas: Iterable[str], mine: str, now: int, boot: str) -> int:
    """How many of the strategies the replica `mine` should hold among those that are there.

    All hold equally many, give or take one; the one more goes to those that hold most already, so that nothing moves
    without need.
    """
    held = Counter(lease.owner for lease in leases if lease.is_held(now, boot))
    ranked = sorted({mine, *replicas}, key=lambda owner: (-held[owner], owner))
    even, odd = divmod(len(leases), len(ranked))
    return even + (ranked.index(mine) < odd)


def choose(leases: Iterable[Lease], room: int, patience_us: int, now: int, boot: str) -> list[Lease]:
    """Which strategies a replica should claim now that may hold `room` more: what has been free longest comes first.

    What nobody has wanted for `patience_us` it takes beyond its share: those who have the room may not be able to.
    """
    free = [(since, lease) for lease in leases if (since := lease.free_for(now, boot)) is not None]
    free.sort(key=lambda entry: (-entry[0], entry[1].strategy_id))
    return [lease for place, (since, lease) in enumerate(free) if place < room or since >= patience_us]


def _is_of_this_boot(row: Lease | Presence, now: int, boot: str) -> bool:
    return row.boot_id == boot and row.expires_us - now <= _NO_LEASE_LASTS_US
