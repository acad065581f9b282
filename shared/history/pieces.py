"""Where each part of a series is to be read from: the table, a sealed month's file, or both. Pure."""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from shared.archive.place import Month
from shared.candles.months import ArchivedMonth
from shared.market import Interval

#: A month of minutes; of a shorter timeframe a month is read in pieces of so many candles.
_CANDLES = 50_000


class Piece(NamedTuple):
    """A part of a series; of a `month` the file counts, as far as it is fresh, else the table (and the file below)."""

    part: Interval
    month: ArchivedMonth | None = None

    @property
    def needs_rows(self) -> bool:
        """Whether the table is to be asked."""
        return self.month is None or not self.month.is_fresh

    @property
    def from_file(self) -> Interval:
        """What the file answers for: all of it if it is fresh, else what the table has no longer."""
        if self.month is None:
            return Interval(0, 0)
        end = self.part.end if self.month.is_fresh else min(self.part.end, self.month.pruned_until)
        return Interval(self.part.start, end)


def pieces(months: Iterable[ArchivedMonth], part: Interval, distrusted: Collection[int] = ()) -> list[Piece]:
    """The part in ascending, touching pieces. `months` are ascending.

    Of a month that begins at a `distrusted` time the file is left alone, if all of its rows are in the table.
    """
    found, start = list[Piece](), part.start
    for month in months:
        cut = Interval(max(start, month.start), min(part.end, month.end))
        if not cut or not _has_say(month, distrusted):
            continue
        if start < cut.start:
            found.append(Piece(Interval(start, cut.start)))
        found.append(Piece(cut, month))
        start = cut.end
    if start < part.end:
        found.append(Piece(Interval(start, part.end)))
    return found


def windows_of(part: Interval, step: int) -> Iterator[Interval]:
    """The part cut at the months' ends, and into at most 50,000 candles of `step` ms each, ascending."""
    start = part.start
    while start < part.end:
        month = Month.of(start)
        end = min(part.end, month.end, start + _CANDLES * step)
        yield Interval(start, end)
        start = end


def _has_say(month: ArchivedMonth, distrusted: Collection[int]) -> bool:
    return month.is_sealed and (month.is_pruned or (month.is_fresh and month.start not in distrusted))
