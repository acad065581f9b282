"""The timeframes the exchange offers, in milliseconds."""

from typing import Final

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000

TIMEFRAMES: Final = {
    "1s": SECOND_MS,
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": HOUR_MS,
    "2h": 2 * HOUR_MS,
    "4h": 4 * HOUR_MS,
    "6h": 6 * HOUR_MS,
    "1d": DAY_MS,
}


def floor(time_ms: int, step_ms: int) -> int:
    """The last multiple of `step_ms` at or before `time_ms`."""
    return time_ms // step_ms * step_ms


def ceil(time_ms: int, step_ms: int) -> int:
    """The first multiple of `step_ms` at or after `time_ms`."""
    return -(-time_ms // step_ms) * step_ms
