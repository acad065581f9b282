"""How old a market may be to act on. Pure."""


def patience(step: int, stale_candles: float, stale_seconds: float) -> float:
    """How old, in ms, the newest candle of a series may be for new exposure."""
    return max(stale_candles * step, stale_seconds * 1000)


def is_fresh(candle: int, step: int, now: int, patience_ms: float) -> bool:
    """Whether a decision on this candle may take new exposure: it closed recently enough; all in ms."""
    return now - (candle + step) <= patience_ms
