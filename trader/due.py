"""Which candles a strategy has to decide on now. Pure."""

from collections.abc import Sequence


def due(cursor: int | None, stored: Sequence[int], replay: int) -> list[int]:
    """The candles (open times, ms) to decide on, oldest first.

    `stored` are those later than the cursor, ascending. A strategy without a cursor begins with the newest;
    after a long absence at most the newest `replay` are made up for.
    """
    if cursor is None:
        return list(stored[-1:])
    return list(stored[-replay:])


def is_fresh(candle: int, step: int, now: int, stale_candles: float, stale_seconds: float) -> bool:
    """Whether a decision on this candle may take new exposure: it closed recently enough (all ms but the last)."""
    age = now - (candle + step)
    return age <= max(stale_candles * step, stale_seconds * 1000)
