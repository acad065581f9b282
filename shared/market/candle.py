"""Candles, and the one place that decides which of them may be stored."""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from shared.market.coverage import Interval
from shared.market.series import Series


class Candle(NamedTuple):
    """One closed OHLCV bar; `timestamp` is its open time in milliseconds UTC."""

    timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class Refusal(NamedTuple):
    """A row that may not be stored, as it came, and why."""

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
    candles: dict[int, Candle] = {}
    refused: list[Refusal] = []
    last_start = min(window.end, series.closed_end(now)) - series.step
    for row in rows:
        candle = _read(row)
        reason = "not a row of six numbers" if candle is None else _fault(candle, series.step)
        if candle is None or reason:
            refused.append(Refusal(row, reason or ""))
        elif not window.start <= candle.timestamp <= last_start:
            continue
        elif candles.setdefault(candle.timestamp, candle) != candle:
            refused.append(Refusal(row, "a second candle with other values at the same time"))
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


def _fault(candle: Candle, step: int) -> str | None:
    """Why no market can have made this candle. Every comparison with a NaN is false, so NaN is refused too."""
    timestamp, open_, high, low, close, volume = candle
    if timestamp < 0 or timestamp % step:
        return f"its time {timestamp} is not a multiple of {step} ms"
    if not (0 < low <= open_ <= high < inf and low <= close <= high):
        return "its prices break 0 < low <= open, close <= high"
    if not 0 <= volume < inf:
        return "its volume is negative or not a number"
    return None
