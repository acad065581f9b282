"""`chandler candles export`: a part of a series into a file, whole or not at all."""

from collections.abc import Iterator
from pathlib import Path

from console import words
from console.candles.status import opened
from shared.candles import covered
from shared.candles.revisions import stored
from shared.config import Settings
from shared.database import Database
from shared.errors import StopError
from shared.files import writing
from shared.market import Candle, Interval, Series, subtract

_PAGE = 10_000


def export(settings: Settings, series: Series, part: Interval, path: Path, file_format: str, *, replace: bool) -> int:
    """Write the stored candles of a part of a series (ms) to a file, and say what of it is not fetched.

    StopError if there are none, or if the file exists and is not to be replaced.
    """
    if path.exists() and not replace:
        raise StopError(f"{path} exists; --replace writes it anew")
    written, first, last = 0, None, part.start
    with opened(settings) as database:
        pages = pages_of(database, series, part)
        if (page := next(pages, None)) is None:
            raise StopError(f"{series}: no candle is stored there; `chandler candles status` lists what is")
        first = page[0].timestamp
        with writing(path, file_format) as write:
            while page:
                write(page)
                written, last = written + len(page), page[-1].timestamp
                page = next(pages, [])
        with database.read() as connection:
            gaps = subtract(Interval(first, last + series.step), covered(connection, series))
    print(f"{path}: {words.several(written, 'candle')} of {series}, {words.moment(first)} to {words.moment(last)}")
    if gaps:
        missing = sum(gap.end - gap.start for gap in gaps) // series.step
        print(f"  {words.several(missing, 'candle')} between them not fetched; see `chandler candles gaps`")
    return 0


def pages_of(database: Database, series: Series, part: Interval) -> Iterator[list[Candle]]:
    """The candles of a part, 10,000 at a time, each page read by itself: a long read would let the WAL grow."""
    start = part.start
    while start < part.end:
        with database.read() as connection:
            page = stored(connection, series, Interval(start, part.end), _PAGE)
        if not page:
            return
        yield page
        start = page[-1].timestamp + 1
