"""Which rows of a file are candles, and what is wrong with the others. Pure."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.files import Row
from shared.market import Candle, Interval, Series, accept, merge
from shared.market.candle import NOT_A_ROW, SECOND_ONE

#: Why a row of a file is refused, beside what `accept` finds wrong with rows of an exchange.
OTHER_TIME, NOT_CLOSED = "time unlike the first one", "not closed yet"


class Refused(NamedTuple):
    """A row that may not enter: its line, why, and how it is written in the file."""

    line: int
    reason: str
    written: str


@dataclass(frozen=True)
class Sorted:
    """A chunk: its candles in ascending order, what was refused, and the slots of refused rows that name theirs.

    `unplaced` tells that a refused row does not even say which candle it was meant to be.
    """

    candles: list[Candle]
    refused: list[Refused]
    doubtful: list[Interval]
    unplaced: bool


def sort_out(chunk: Sequence[Row], series: Series, end: int) -> Sorted:
    """The candles among the rows of a chunk; `end` is where closed ones end (ms)."""
    faults = {row.line: fault for row in chunk if (fault := _fault(row, end, series.step))}
    tuples = {row.line: tuple(row.values) for row in chunk if row.line not in faults}
    page = accept(list(tuples.values()), series, Interval(0, end), end)
    lines = {id(values): line for line, values in tuples.items()}
    faults |= {lines[id(refusal.row)]: refusal.reason for refusal in page.refused}
    bad = [row for row in chunk if row.line in faults]
    times = [row.values[0] if row.values else None for row in bad]
    slots = [Interval(series.floor(at), series.floor(at) + series.step) for at in times if type(at) is int]
    refused = [_refused(row, faults[row.line]) for row in bad]
    return Sorted(page.candles, refused, merge(slots), unplaced=len(slots) < len(times))


def runs(candles: Sequence[Candle], step: int) -> list[Interval]:
    """The intervals in which one candle follows the other."""
    return merge(Interval(candle.timestamp, candle.timestamp + step) for candle in candles)


def joins(chunk: Interval, before: Interval | None) -> Interval | None:
    """A chunk's interval and what lies between it and those before it; None if it reaches into them: no order."""
    if before is None:
        return chunk
    if chunk.start >= before.end:
        return Interval(before.end, chunk.end)
    return Interval(chunk.start, before.start) if chunk.end <= before.start else None


def held_by(intervals: Sequence[Interval], at: int) -> bool:
    """Whether one of these intervals, ascending and disjoint, holds the instant."""
    place = bisect_right(intervals, at, key=lambda interval: interval.start) - 1
    return place >= 0 and at < intervals[place].end


def second_ones(chunk: Sequence[Row], times: Collection[int]) -> list[Refused]:
    """The rows of these times as refused: earlier in the file each had other values."""
    return [_refused(row, SECOND_ONE) for row in chunk if row.values and row.values[0] in times]


def _refused(row: Row, reason: str) -> Refused:
    return Refused(row.line, reason, ",".join(map(str, row.cells)))


def _fault(row: Row, end: int, step: int) -> str | None:
    """What is wrong with a row before its values are looked at."""
    if not row.values:
        return NOT_A_ROW
    at = row.values[0]
    if type(at) is not int:
        return OTHER_TIME
    return NOT_CLOSED if at + step > end else None
