"""Candles, and the one place that decides which of them may be stored."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import repeat
from math import inf, isfinite
from operator import itemgetter, le, lt, mod
from typing import Any, NamedTuple, cast

from shared.market.coverage import Interval
from shared.market.series import Series

#: Why a row is refused.
NOT_A_ROW = "not a row of six numbers"
SECONDS, MICROSECONDS = "time in seconds", "time in microseconds"
OFF_THE_GRID = "time off the grid"
NOT_A_NUMBER = "NaN or infinite"
NOT_POSITIVE = "zero or negative price"
UPSIDE_DOWN = "not low <= open, close <= high"
NEGATIVE_VOLUME = "negative volume"
SECOND_ONE = "duplicate with other values"
OTHER_MARKET = "another market's page"
NOT_JSON = "not JSON"

#: Open times in ms lie between: 1973 to 5138. In seconds today's are below, in microseconds above.
EARLIEST_MS, LATEST_MS = 10**11, 10**14
#: So early that they are no seconds of this century either: times of tests and examples.
_TINY = 10**8


class Candle(NamedTuple):
    """One closed OHLCV bar; `timestamp` is its open time in milliseconds UTC."""

    timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class Refusal(NamedTuple):
    """A row that may not be stored, as it came, and why: the rule it breaks, in the same words for every such row."""

    row: object
    reason: str


class Page(NamedTuple):
    """What is left of an answer: candles to store in ascending order, and what was refused."""

    candles: list[Candle]
    refused: list[Refusal]


def accept(rows: Sequence[object], series: Series, window: Interval, now: int) -> Page:
    """Sort an exchange's answer into candles and refusals.

    `now` is the exchange's time in ms. The forming candle, and closed ones outside the window, are left out
    without a word: exchanges send them as a matter of course. Nothing here raises, whatever the rows hold.
    """
    end = series.floor(min(window.end, series.closed_end(now)))
    if _faultless(rows, series.step):
        candles = list(map(tuple.__new__, repeat(Candle), cast("Sequence[Any]", rows)))
        first, last = (bisect_left(candles, bound, key=itemgetter(0)) for bound in (window.start, end))
        return Page(candles[first:last], [])
    return _accept_singly(rows, series, Interval(window.start, end))


def _faultless(rows: Sequence[object], step: int) -> bool:
    """Whether all rows are candles in ascending order: what `_read` and `_fault` ask of each, by whole columns.

    Nearly every answer is; looked at row by row it would cost four times as long.
    """
    if not rows or not set(map(type, rows)) <= {list, tuple} or set(map(len, cast("Sequence[Any]", rows))) != {6}:
        return False
    columns = list(zip(*cast("Sequence[Any]", rows), strict=True))
    if set(map(type, columns[0])) != {int} or any(set(map(type, column)) != {float} for column in columns[1:]):
        return False
    times, open_, high, low, close, volume = columns
    return (
        times[0] >= 0
        and times[-1] < LATEST_MS
        and (times[0] >= EARLIEST_MS or times[-1] < _TINY)
        and _on_the_grid(times, step)
        and all(map(le, low, open_))
        and all(map(le, low, close))
        and all(map(le, open_, high))
        and all(map(le, close, high))
        # No price is NaN, then: nothing is less or equal to it. A NaN among the volumes makes their sum one.
        and min(low) > 0
        and max(high) < inf
        and sum(volume) < inf
        and min(volume) >= 0
    )


def _on_the_grid(times: Sequence[int], step: int) -> bool:
    """Whether times ascend, all on the grid; quickest to see where none is missing."""
    if times[0] % step == 0 and times == tuple(range(times[0], times[0] + len(times) * step, step)):
        return True
    return all(map(lt, times, times[1:])) and not any(map(mod, times, repeat(step)))


def _accept_singly(rows: Sequence[object], series: Series, window: Interval) -> Page:
    candles: dict[int, Candle] = {}
    refused: list[Refusal] = []
    for row in rows:
        candle = _read(row)
        reason = NOT_A_ROW if candle is None else _fault(candle, series.step)
        if candle is None or reason:
            refused.append(Refusal(row, reason or ""))
        elif not window.start <= candle.timestamp < window.end:
            continue
        elif candles.setdefault(candle.timestamp, candle) != candle:
            refused.append(Refusal(row, SECOND_ONE))
    return Page([candles[timestamp] for timestamp in sorted(candles)], refused)


def _read(row: object) -> Candle | None:
    if not isinstance(row, list | tuple) or len(row) != 6:
        return None
    timestamp, *numbers = row
    if type(timestamp) is not int:
        return None
    for number in numbers:
        if type(number) is not float and type(number) is not int:
            return None
    try:
        return Candle(timestamp, *map(float, numbers))
    except OverflowError:
        return None


def _fault(candle: Candle, step: int) -> str | None:  # noqa: PLR0911 - one for each rule
    """Why no market can have made this candle."""
    timestamp, *prices, volume = candle
    if _TINY <= timestamp < EARLIEST_MS:
        return SECONDS
    if timestamp >= LATEST_MS:
        return MICROSECONDS
    if timestamp < 0 or timestamp % step:
        return OFF_THE_GRID
    if not all(map(isfinite, candle[1:])):
        return NOT_A_NUMBER
    if min(prices) <= 0:
        return NOT_POSITIVE
    if not candle.low <= candle.open <= candle.high or not candle.low <= candle.close <= candle.high:
        return UPSIDE_DOWN
    return NEGATIVE_VOLUME if volume < 0 else None
