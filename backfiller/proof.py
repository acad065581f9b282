"""What an answer proves: which part of a series is known after it. Pure.

Coverage decides what is never asked again, so it claims only what the exchange has shown.
"""

import json
from collections.abc import Sequence

from shared.market import Candle, Interval, Refusal, Series
from shared.market.candle import EARLIEST_MS, LATEST_MS, MICROSECONDS, NOT_JSON, SECONDS

#: From one candle to the next a price hardly ever moves by more; another market's is nearly always further away.
_LEAP = 2.0


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
    """The candles that refused rows were meant to be; None if a row does not say.

    One beside the grid does not: it may have been moved by more than a candle.
    """
    times = [_meant(refusal) for refusal in refused]
    slots = [Interval(time, time + step) for time in times if time is not None and time % step == 0]
    return slots if len(slots) == len(times) else None


def silences(window: Interval, candles: Sequence[Candle], later: int | None, step: int, longest: int) -> list[Interval]:
    """Where an answer shows nothing for longer than `longest` (ms), before a candle that it does show."""
    ends = [window.start, *(candle.timestamp + step for candle in candles)]
    begins = [*(candle.timestamp for candle in candles), *(() if later is None else (later,))]
    return [Interval(end, begin) for end, begin in zip(ends, begins, strict=False) if begin - end > longest]


def out_of_reach(series: Series, window: Interval, first: int, now: int, reach: int) -> tuple[Interval, bool]:
    """What of a window lies further back than an exchange goes that keeps only its newest `reach` candles.

    `first` is the first candle it gave. Everything before that is lost, if the window begins out of reach; the second
    value says whether the reach alone explains it. If not, the market may simply be younger. The newest candle it
    keeps is the open one, and another one may have opened by the time of the answer.
    """
    oldest = series.closed_end(now) - (reach - 1) * series.step
    if window.start > oldest:
        return Interval(window.start, window.start), True
    return Interval(window.start, max(window.start, first)), abs(first - oldest) <= 2 * series.step


def not_json(text: object) -> list[Refusal]:
    """What an answer that could not be read was, if it is no JSON at all: cut short, or a page for people."""
    if not isinstance(text, str) or not text.strip():
        return []
    try:
        json.loads(text)
    except ValueError:
        return [Refusal(text, NOT_JSON)]
    return []


def leaps(candles: Sequence[Candle], close: float | None) -> bool:
    """Whether the first candle is so far from the price before it that it may be another market's."""
    return bool(candles and close) and not 1 / _LEAP < candles[0].open / (close or 1.0) < _LEAP


def _meant(refusal: Refusal) -> int | None:
    """The time (ms) that a refused row was meant to have."""
    time = _time(refusal.row)
    if time is None or refusal.reason not in (SECONDS, MICROSECONDS):
        return time if time is None or abs(time) < LATEST_MS else None
    meant = time * 1_000 if refusal.reason == SECONDS else time // 1_000
    return meant if EARLIEST_MS <= meant < LATEST_MS else None


def _time(row: object) -> int | None:
    if isinstance(row, list | tuple) and row and type(row[0]) is int:
        return row[0]
    return None
