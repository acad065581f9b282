"""What to fetch: what is wanted, less what is covered and what can't be had. Pure.

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


def wanted(settings: SeriesSettings, now: int, default_days: float) -> Wanted:
    """What a section of the configuration asks for at `now`, the exchange's time."""
    series, end = settings.series, settings.end_ms()
    return Wanted(series, settings.start_ms(now, default_days), None if end is None else series.floor(end))


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
    """Windows of at most `page` candles that hold the gaps, which are ascending: as few as can be.

    Gaps that lie close together share one: what is known between them comes along, and costs no request.
    """
    window = Interval(0, 0)
    for gap in gaps:
        begin = gap.start
        if window and begin < window.start + page * step:
            begin = min(gap.end, window.start + page * step)
            window = Interval(window.start, begin)
        for part in windows(Interval(begin, gap.end), step, page):
            if window:
                yield window
            window = part
    if window:
        yield window
