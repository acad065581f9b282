"""Leases as rows: claimed, renewed and released by their owner, checked in every write of a trader; and who is there.

The times are the boot clock's (shared.clock); `updated_at_us` is wall-clock time, for people only.
"""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from shared.database.prepared import Prepared
from shared.errors import LeaseLostError
from shared.ledger.rows import put
from shared.models import leases, replicas
from shared.trading import Lease, Presence

_COLUMNS = [leases.c[name] for name in ("strategy_id", "owner", "token", "expires_us", "boot_id")]
_ONE = select(*_COLUMNS)
_OF_STRATEGY = Prepared(_ONE.where(leases.c.strategy_id == bindparam("strategy_id")))
_REPLICAS = select(replicas.c.owner, replicas.c.asks, replicas.c.expires_us, replicas.c.boot_id)
_DAY_US = 86_400 * 1_000_000


def leases_of(connection: Connection, strategy_ids: Collection[str]) -> list[Lease]:
    """The leases of the named strategies."""
    return [Lease(*row) for row in connection.execute(_ONE.where(leases.c.strategy_id.in_(strategy_ids)))]


def claim(connection: Connection, lease: Lease, owner: str, expires_us: int, boot_id: str, now_us: int) -> Lease:
    """Take over a lease that may be claimed; the token grows, so that the owner before can write no more."""
    token = lease.token + 1
    connection.execute(
        update(leases)
        .where(leases.c.strategy_id == lease.strategy_id)
        .values(owner=owner, token=token, expires_us=expires_us, boot_id=boot_id, updated_at_us=now_us)
    )
    return Lease(lease.strategy_id, owner, token, expires_us, boot_id)


def renew(
    connection: Connection, owner: str, boot_us: int, boot_id: str, *, expires_us: int, now_us: int
) -> list[Lease]:
    """Extend all leases of an owner that have not run out, in one statement; returns those it still holds."""
    mine = (leases.c.owner == owner) & (leases.c.boot_id == boot_id) & (leases.c.expires_us > boot_us)
    connection.execute(update(leases).where(mine).values(expires_us=expires_us, updated_at_us=now_us))
    return [Lease(*row) for row in connection.execute(_ONE.where(mine))]


def release(connection: Connection, owner: str, boot_us: int, now_us: int, strategy_id: str | None = None) -> None:
    """Give back one lease of an owner, or all, at once free for others."""
    mine = leases.c.owner == owner
    if strategy_id is not None:
        mine &= leases.c.strategy_id == strategy_id
    connection.execute(update(leases).where(mine).values(owner=None, expires_us=boot_us, updated_at_us=now_us))


def attend(connection: Connection, owner: str, boot_id: str, *, asks: bool, expires_us: int, now_us: int) -> None:
    """Be counted among the replicas until `expires_us`; `asks` for a strategy to be given back."""
    row = {"asks": int(asks), "expires_us": expires_us, "boot_id": boot_id, "updated_at_us": now_us}
    put(connection, replicas, {"owner": owner}, row)


def leave(connection: Connection, owner: str, boot_us: int, boot_id: str) -> None:
    """Be counted no longer; who has not been seen for a day goes, too."""
    gone = or_(replicas.c.boot_id != boot_id, replicas.c.expires_us < boot_us - _DAY_US)
    connection.execute(delete(replicas).where(or_(replicas.c.owner == owner, gone)))


def replicas_there(connection: Connection, boot_us: int, boot_id: str) -> list[Presence]:
    """The replicas that are there now."""
    found = [Presence(owner, bool(asks), *when) for owner, asks, *when in connection.execute(_REPLICAS)]
    return [each for each in found if each.is_there(boot_us, boot_id)]


def is_unchanged(connection: Connection, lease: Lease) -> bool:
    """Whether nobody has claimed, renewed or released the lease since it was read."""
    return leases_of(connection, [lease.strategy_id]) == [lease]


def fence(connection: Connection, lease: Lease, boot_us: int, boot_id: str) -> None:
    """LeaseLostError unless the lease is still ours and has not run out: the first line of every trader's write."""
    row = _OF_STRATEGY.first(connection, strategy_id=lease.strategy_id)
    held = Lease(*row) if row else None
    if held is None or (held.owner, held.token) != (lease.owner, lease.token):
        raise LeaseLostError(f"{lease.strategy_id} belongs to {held.owner if held else 'nobody'} now")
    if not held.is_held(boot_us, boot_id):
        raise LeaseLostError(f"the lease of {lease.strategy_id} ran out before it was renewed")
