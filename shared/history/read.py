"""One part of a series as it stands at one instant, joined from the table and the archive."""

import logging
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from shared.candles.months import ArchivedMonth, archived_months
from shared.database import Database
from shared.errors import RepairError
from shared.history import hot
from shared.history.frames import join, overlaid, within
from shared.history.pieces import Piece, pieces, windows_of
from shared.history.sealed import sealed_frame
from shared.market import Frame, Interval, Series

_ATTEMPTS = 5
#: Of the cache's directory, the part where the fast copies lie.
_COPIES = "history"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """Where history lies: the table, the sealed months, and their fast copies (None: none are made)."""

    database: Database
    archive: Path
    copies: Path | None


def copies_in(cache: Path) -> Path:
    """Where below the cache's directory (`paths.cache`) the fast copies lie."""
    return cache / _COPIES


def read(place: Place, series: Series, part: Interval) -> Frame:
    """The candles that open within the part (ms), ascending.

    Which months count, and the table's rows, are read in one transaction: a month that is sealed, pruned or revised
    meanwhile is neither lost nor doubled. A file that was replaced since is looked for again. RepairError if a month
    is damaged whose rows are in no other place.
    """
    distrusted = set[int]()
    for attempt in range(_ATTEMPTS):
        found = _look(place, series, part, distrusted)
        try:
            return join([_joined(place, series, piece, rows) for piece, rows in found])
        except _UnusableError as error:
            if error.month.is_pruned and attempt == _ATTEMPTS - 1:
                raise RepairError(
                    f"{series}: the archive's only copy of a month can't be used: {error};"
                    " put the file back from a copy, or have its candles fetched anew by"
                    " `chandler archive verify --repair --refetch`"
                ) from None
            if not error.month.is_pruned:
                _log.warning("%s: %s; the table has its rows, and they are read instead", series, error)
                distrusted.add(error.month.start)
    raise RepairError(f"{series}: its months are replaced faster than they can be read; try again")


def extent(connection: Connection, series: Series) -> Interval:
    """From the first candle's open to the last one's end (ms), wherever they are; empty without any."""
    files = (month for month in archived_months(connection, series) if month.is_sealed)
    known = [Interval(file.first or 0, (file.last or 0) + series.step) for file in files if file.rows]
    known += [rows] if (rows := hot.ends(connection, series)) else []
    return Interval(min(each.start for each in known), max(each.end for each in known)) if known else Interval(0, 0)


def count(place: Place, series: Series, part: Interval) -> int:
    """How many candles open within the part; of a whole sealed month its row of bookkeeping says so."""
    total, to_read = 0, list[Interval]()
    with place.database.read() as connection:
        for piece in pieces(archived_months(connection, series), part):
            if piece.month is None:
                total += hot.count(connection, series, piece.part)
            elif piece.month.is_fresh and piece.part == piece.month.interval:
                total += piece.month.rows
            else:
                to_read.append(piece.part)
    return total + sum(len(read(place, series, each)) for each in to_read)


def newest(place: Place, series: Series, end: int, wanted: int) -> Frame:
    """The newest `wanted` candles that open before `end` (ms), ascending; fewer if there are fewer."""
    with place.database.read() as connection:
        found = hot.newest(connection, series, end, wanted)
        months = _months(connection, place, series)
    oldest = int(found.timestamps[0]) if len(found) == wanted else 0
    if all(piece.month is None for piece in pieces(months, Interval(oldest, end))):
        return found
    return read(place, series, Interval(opening(place, series, end, wanted), end)).last(wanted)


def opening(place: Place, series: Series, end: int, wanted: int) -> int:
    """Open time (ms) of the oldest of the newest `wanted` candles before `end`; of the first if there are fewer."""
    with place.database.read() as connection:
        known = extent(connection, series)
    for window in reversed(list(windows_of(Interval(known.start, min(end, known.end)), series.step))):
        held = count(place, series, window)
        if held >= wanted:
            return int(read(place, series, window).timestamps[-wanted])
        wanted -= held
    return known.start


class _UnusableError(Exception):
    def __init__(self, month: ArchivedMonth, why: str) -> None:
        super().__init__(why)
        self.month = month


def _months(connection: Connection, place: Place, series: Series) -> list[ArchivedMonth]:
    """Those whose file may have a say: beside a copy of the database there may be no archive at all."""
    there = place.archive.is_dir()
    return [month for month in archived_months(connection, series) if there or month.is_pruned]


def _look(place: Place, series: Series, part: Interval, distrusted: set[int]) -> list[tuple[Piece, Frame | None]]:
    with place.database.read() as connection:
        found = pieces(_months(connection, place, series), part, distrusted)
        return [(each, hot.hot(connection, series, each.part) if each.needs_rows else None) for each in found]


def _joined(place: Place, series: Series, piece: Piece, rows: Frame | None) -> Frame:
    if piece.month is None or not piece.from_file:
        return join([rows] if rows is not None else [])
    try:
        file = within(sealed_frame(place.archive, place.copies, series, piece.month), piece.from_file)
    except RepairError as error:
        raise _UnusableError(piece.month, str(error)) from error
    return file if rows is None else overlaid(file, rows)
