"""`chandler candles export`: a part of a series into a file, whole or not at all."""

from collections.abc import Iterator
from pathlib import Path

from console import words
from console.history.place import place_of
from shared.candles import covered
from shared.config import Settings
from shared.errors import StopError
from shared.files import writing
from shared.history import Place, candles
from shared.history.frames import COLUMNS
from shared.market import Candle, Interval, Series, subtract

_PAGE = 10_000


def export(settings: Settings, series: Series, part: Interval, path: Path, file_format: str, *, replace: bool) -> int:
    """Write the candles of a part of a series (ms), archived or not, to a file, and say what of it is not fetched.

    StopError if there are none, or if the file exists and is not to be replaced.
    """
    if path.exists() and not replace:
        raise StopError(f"{path} exists; --replace writes it anew")
    written, first, last = 0, None, part.start
    with place_of(settings) as place:
        pages = pages_of(place, series, part)
        if (page := next(pages, None)) is None:
            raise StopError(f"{series}: no candle is stored there; `chandler candles status` lists what is")
        first = page[0].timestamp
        with writing(path, file_format) as write:
            while page:
                write(page)
                written, last = written + len(page), page[-1].timestamp
                page = next(pages, [])
        with place.database.read() as connection:
            gaps = subtract(Interval(first, last + series.step), covered(connection, series))
    print(f"{path}: {words.several(written, 'candle')} of {series}, {words.moment(first)} to {words.moment(last)}")
    if gaps:
        missing = sum(gap.end - gap.start for gap in gaps) // series.step
        print(f"  {words.several(missing, 'candle')} between them not fetched; see `chandler candles gaps`")
    return 0


def pages_of(place: Place, series: Series, part: Interval) -> Iterator[list[Candle]]:
    """The candles of a part, 10,000 at a time, wherever they lie."""
    for frame in candles(place.database, place.archive, series, *part, copies=place.copies).chunks(_PAGE):
        columns = (frame.timestamps.tolist(), *(frame[name].tolist() for name in COLUMNS))
        yield [Candle(*row) for row in zip(*columns, strict=True)]
