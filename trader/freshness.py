"""How old a market may be to act on, and whether its exchange may be relied on. Pure."""


def patience(step: int, stale_candles: float, stale_seconds: float) -> float:
    """How old, in ms, the newest candle of a series may be for new exposure."""
    return max(stale_candles * step, stale_seconds * 1000)


def is_fresh(candle: int, step: int, now: int, patience_ms: float) -> bool:
    """Whether a decision on this candle may take new exposure: it closed recently enough; all in ms."""
    return now - (candle + step) <= patience_ms


def exchange_objection(
    exchange: str, status: str, reason: str, clock_offset_ms: int | None, clock_limit_ms: int
) -> str | None:
    """Why no new exposure may be taken on an exchange; None if it may. An offset of None was not measured yet."""
    if status == "stopped":
        return f"{exchange} is stopped: {reason}"
    if clock_offset_ms is not None and abs(clock_offset_ms) > clock_limit_ms:
        return (
            f"{exchange}'s clock is {clock_offset_ms:+} ms from this host's, more than {clock_limit_ms} ms:"
            " check this host's time service"
        )
    return None
