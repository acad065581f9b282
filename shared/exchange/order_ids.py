"""Our client order id in each exchange's own form. Pure.

Ours is 32 hexadecimal digits (`shared.trading.client_order_id`), a hash of strategy, candle, leg and attempt: what an
exchange takes of it always names the same request.
"""

import re
from uuid import UUID

_GATE_DIGITS = 26  # it takes 28 characters, the "t-" among them; 104 bits are plenty
_THEIRS = re.compile(
    r"t-([0-9a-f]{26})|([0-9a-f]{32})|([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})"
)


def as_it_is(ours: str) -> str:
    """For exchanges that take letters and digits, 32 of them or more (Binance, OKX, Bybit, KuCoin)."""
    return ours


def as_uuid(ours: str) -> str:
    """For exchanges that want a UUID (Kraken, Coinbase)."""
    return str(UUID(hex=ours))


def as_text(ours: str) -> str:
    """For Gate: its field begins with t-."""
    return f"t-{ours[:_GATE_DIGITS]}"


def digits_in(theirs: str) -> str:
    """Our id's digits, or as many of its first ones as a field holds; nothing if it can't be one of ours."""
    found = _THEIRS.fullmatch(theirs)
    return "".join(group for group in found.groups() if group) if found else ""


def could_be_ours(theirs: str) -> bool:
    """Whether a client order id looks like one that Chandler made, also for a ledger that is gone.

    Random UUIDs, which other programs like, carry marks of their version that 63 of 64 of our hashes do not.
    """
    digits = digits_in(theirs)
    return len(digits) == _GATE_DIGITS or (len(digits) == 32 and UUID(hex=digits).version != 4)
