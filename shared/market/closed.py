"""What the live edge hands to be stored: closed candles, and the coverage they prove."""

from collections.abc import Sequence
from typing import NamedTuple

from shared.market.candle import Candle
from shared.market.coverage import Interval
from shared.market.series import Series


class Closed(NamedTuple):
    """Closed candles of a series in ascending order, all of them inside `coverage`; what lacks there is empty."""

    series: Series
    coverage: Interval
    candles: list[Candle]


def joined(pages: Sequence[Closed], most: int = 1_000) -> list[Closed]:
    """The same candles and coverage in fewer pages: those that follow one another become one, of about `most` candles.

    Of two candles with the same time the first stands, as it would if they were stored one after the other.
    """
    result: list[Closed] = []
    for page in sorted(pages, key=lambda page: (page.series, page.coverage)):
        last = result[-1] if result else None
        if last and len(last.candles) < most and _touch(last, page):
            coverage = Interval(last.coverage.start, max(last.coverage.end, page.coverage.end))
            result[-1] = Closed(page.series, coverage, last.candles + page.candles)
        else:
            result.append(page._replace(candles=list(page.candles)))
    return [Closed(series, coverage, _ascending(candles)) for series, coverage, candles in result]


def _touch(first: Closed, second: Closed) -> bool:
    return first.series == second.series and second.coverage.start <= first.coverage.end


def _ascending(candles: Sequence[Candle]) -> list[Candle]:
    found: dict[int, Candle] = {}
    for candle in candles:
        found.setdefault(candle.timestamp, candle)
    return [found[timestamp] for timestamp in sorted(found)]
