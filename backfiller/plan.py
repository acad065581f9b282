"""What to fetch: what is wanted, less what is covered. Pure.

This one subtraction is the history, the resumption after a kill, the repair of gaps, and the next live candle.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.config import SeriesSettings
from shared.market import Interval, Series, subtract, windows


@dataclass(frozen=True)
class Wanted:
    """A series and which of it is wanted: from `start` to `end`, or to the present; ms UTC on the series' grid."""

    series: Series
    start: int
    end: int | None = None

    def closed(self, now: int) -> Interval:
        """What can exist at `now`, the exchange's time: nothing of an open candle."""
        end = self.series.closed_end(now)
        return Interval(self.start, end if self.end is None else min(self.end, end))

    def settled(self, now: int, settle_ms: int) -> Interval:
        """What the exchange will add nothing to any more."""
        return self.closed(now - settle_ms)


def wanted(settings: SeriesSettings, now: int, default_days: float, reach: int | None) -> tuple[Wanted, str | None]:
    """What a section of the configuration asks for, and a warning if the exchange does not go back so far.

    `reach` is how many candles back from `now` the exchange keeps; None if all.
    """
    series, start, end = settings.series, settings.start_ms(now, default_days), settings.end_ms()
    end = None if end is None else series.floor(end)
    first = start if reach is None else max(start, series.closed_end(now) - reach * series.step)
    if first == start:
        return Wanted(series, start, end), None
    missed = (first - start) // series.step
    return Wanted(series, first, end), (
        f"{series}: the exchange keeps only the newest {reach} candles; {missed} older ones that are wanted"
        " can't be fetched from it"
    )


def head(wanted: Wanted, covered: Iterable[Interval], now: int, settle_ms: int, page: int) -> list[Interval]:
    """Windows for what is missing at the live edge: the newest page, or all that is not settled if that is more."""
    closed = wanted.closed(now)
    recent = min(closed.end - page * wanted.series.step, wanted.series.floor(now - settle_ms))
    gaps = subtract(Interval(max(wanted.start, recent), closed.end), covered)
    return list(windows(Interval(gaps[0].start, gaps[-1].end), wanted.series.step, page)) if gaps else []


def gaps(wanted: Wanted, covered: Iterable[Interval], now: int, settle_ms: int) -> list[Interval]:
    """What is missing of the settled past, oldest first."""
    return subtract(wanted.settled(now, settle_ms), covered)


def pages(gaps: Iterable[Interval], step: int, page: int) -> Iterator[Interval]:
    """The gaps cut into windows of at most `page` candles."""
    for gap in gaps:
        yield from windows(gap, step, page)
