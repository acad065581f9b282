"""The request weight that an address may use in a minute, and what happens to one that uses more."""

from dataclasses import dataclass, replace
from typing import Final

MINUTE_MS: Final = 60_000
TOLERATED: Final = 20  # refused requests in a minute before the address is banned
FIRST_BAN_MS: Final = 120_000
LONGEST_BAN_MS: Final = 3 * 24 * 3600 * 1000

# (with a symbol, without one) per method and path; all others weigh 1.
WEIGHTS: Final = {
    ("GET", "/api/v3/exchangeInfo"): (20, 20),
    ("GET", "/api/v3/klines"): (2, 2),
    ("GET", "/api/v3/depth"): (5, 5),
    ("GET", "/api/v3/ticker/24hr"): (2, 80),
    ("GET", "/api/v3/ticker/bookTicker"): (2, 4),
    ("GET", "/api/v3/account"): (20, 20),
    ("GET", "/api/v3/order"): (4, 4),
    ("GET", "/api/v3/openOrders"): (6, 80),
    ("GET", "/api/v3/allOrders"): (20, 20),
    ("GET", "/api/v3/myTrades"): (20, 20),
}


@dataclass(frozen=True, slots=True)
class Usage:
    """What one address has used in the minute that began at `minute_ms`, and its bans."""

    minute_ms: int = 0
    used: int = 0
    refused: int = 0
    bans: int = 0
    banned_until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """429 or 418, and when the address may come back."""

    status: int
    until_ms: int


def weight(method: str, path: str, *, with_symbol: bool) -> int:
    with_one, without = WEIGHTS.get((method, path), (1, 1))
    return with_one if with_symbol else without


def used_more(usage: Usage, more: int, now_ms: int) -> Usage:
    """The usage after so much more was used, by whatever program on the address."""
    minute_ms = now_ms // MINUTE_MS * MINUTE_MS
    usage = usage if usage.minute_ms == minute_ms else replace(usage, minute_ms=minute_ms, used=0, refused=0)
    return replace(usage, used=usage.used + more)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Calls that one address may still make: it fills up at a rate, never over its size."""

    calls: float
    at_ms: int


def take(bucket: Bucket | None, a_second: float, size: float, now_ms: int) -> tuple[Bucket, bool]:
    """The bucket after one more call, and whether it was let through; a refused call takes nothing."""
    held = size if bucket is None else min(size, bucket.calls + (now_ms - bucket.at_ms) * a_second / 1000)
    return (Bucket(held - 1, now_ms), True) if held >= 1 else (Bucket(held, now_ms), False)


def charge(usage: Usage, cost: int, limit: int, now_ms: int) -> tuple[Usage, Refusal | None]:
    """The usage after one more request, and the refusal if it is over the limit (0 for none) or banned.

    Over the limit a request is refused with 429; after too many of those the address is banned (418), and each
    request during a ban starts it again at twice the length, up to three days.
    """
    usage = used_more(usage, cost, now_ms)
    if limit == 0 or (usage.used <= limit and now_ms >= usage.banned_until_ms):
        return usage, None
    usage = replace(usage, refused=usage.refused + 1)
    if now_ms < usage.banned_until_ms or usage.refused > TOLERATED:
        until_ms = now_ms + min(FIRST_BAN_MS * 2**usage.bans, LONGEST_BAN_MS)
        return replace(usage, bans=usage.bans + 1, banned_until_ms=until_ms), Refusal(418, until_ms)
    return usage, Refusal(429, usage.minute_ms + MINUTE_MS)
