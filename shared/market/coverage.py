"""Arithmetic of coverage: half-open intervals of a series, in milliseconds.

Planning is subtraction: what was asked for, less what is covered, is what is left to fetch.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Interval(NamedTuple):
    """`start <= t < end`, milliseconds UTC."""

    start: int
    end: int

    def __bool__(self) -> bool:
        return self.start < self.end


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """The same instants as sorted, disjoint intervals that do not touch."""
    merged: list[Interval] = []
    for interval in sorted(i for i in intervals if i):
        if merged and interval.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, interval.end))
        else:
            merged.append(interval)
    return merged


def subtract(wanted: Interval, covered: Iterable[Interval]) -> list[Interval]:
    """The parts of `wanted` that no interval of `covered` holds: the gaps, oldest first."""
    gaps, start = [], wanted.start
    for held in merge(covered):
        if held.end <= start:
            continue
        if held.start >= wanted.end:
            break
        if held.start > start:
            gaps.append(Interval(start, held.start))
        start = held.end
    if start < wanted.end:
        gaps.append(Interval(start, wanted.end))
    return gaps


def windows(gap: Interval, step: int, page: int) -> Iterator[Interval]:
    """Cut a gap into windows of at most `page` candles of `step` ms each, oldest first."""
    for start in range(gap.start, gap.end, step * page):
        yield Interval(start, min(start + step * page, gap.end))
