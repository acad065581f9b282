"""The host's clock; what the exchange calls now may differ from it by a fault."""

import time


def host_ms() -> int:
    """Milliseconds UTC."""
    return time.time_ns() // 1_000_000
