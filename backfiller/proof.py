"""What an answer proves: which part of a series is known after it. Pure.

Coverage decides what is never asked again, so it claims only what the exchange has shown.
"""

from collections.abc import Sequence

from shared.market import Candle, Interval, Refusal


def proven(
    window: Interval, candles: Sequence[Candle], later: int | None, now: int, settle_ms: int, step: int
) -> Interval:
    """The part of a series that an answer has made known, from the window's start on.

    `candles` are those of the window; `later` is the open time of the first candle known after the window, at any
    distance, or None; `now` is the exchange's time (ms). A closed candle confirms everything before it, even over
    many empty pages. A candle that is still open confirms nothing younger than the settle time: exchanges publish
    late. Without a later one the newest candle is the edge: what follows may be cut off by the exchange's own page
    size, and is asked for again.
    """
    if later is not None and later + step <= now:
        return Interval(window.start, later)
    if candles:
        return Interval(window.start, candles[-1].timestamp + step)
    quiet = now - settle_ms
    quiet -= quiet % step
    return Interval(window.start, max(window.start, quiet if later is None else min(quiet, later)))


def later_than(window: Interval, rows: Sequence[object]) -> int | None:
    """Time of the first row after the window, of raw rows in ascending order; None if there is none."""
    if not rows or (_time(rows[-1]) or 0) < window.end:
        return None
    return next(time for row in rows if (time := _time(row)) is not None and time >= window.end)


def doubtful(refused: Sequence[Refusal], step: int) -> list[Interval] | None:
    """The candles that refused rows were meant to be; None if a row does not say, which spoils the whole answer."""
    times = [_time(refusal.row) for refusal in refused]
    slots = [Interval(time - time % step, time - time % step + step) for time in times if time is not None]
    return slots if len(slots) == len(times) else None


def _time(row: object) -> int | None:
    if isinstance(row, list | tuple) and row and type(row[0]) is int:
        return row[0]
    return None
