"""What a policy says of a row or a file of some age. Pure."""

from typing import Literal

from shared.config import Packing, TierPolicy

Packed = Literal["warm", "cold", "frozen"]

HOT, WARM, COLD, FROZEN, GONE = "hot", "warm", "cold", "frozen", "gone"
#: From the database outwards.
TIERS = (HOT, WARM, COLD, FROZEN, GONE)
_DAY_US = 86_400_000_000
#: zstd's, of each tier: what is read less is packed harder.
_LEVELS = {WARM: 3, COLD: 9, FROZEN: 19}


def leaves_before_us(policy: TierPolicy, now_us: int) -> int | None:
    """Rows from before this instant (us) leave the database; None: no age makes them leave."""
    return None if policy.hot_days is None else now_us - int(policy.hot_days * _DAY_US)


def tier_by(policy: TierPolicy, newest_us: int, now_us: int) -> str:
    """The tier of a file whose newest row may be of `newest_us`; frozen for ever unless the policy deletes."""
    is_over = policy.delete and (now_us - newest_us) / _DAY_US > policy.frozen_days
    return GONE if is_over else packed_by(policy, newest_us, now_us)


def packed_by(policy: Packing, newest_us: int, now_us: int) -> Packed:
    """How hard a file is to be packed whose newest row may be of `newest_us`."""
    days = (now_us - newest_us) / _DAY_US
    if days <= policy.warm_days:
        return "warm"
    return "cold" if days <= policy.cold_days else "frozen"


def level_of(tier: str) -> int:
    """How hard a tier's files are packed, as zstd counts it."""
    return _LEVELS[tier]
