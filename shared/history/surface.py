"""The one surface on which history is read: columns, chunks, an Arrow stream, a Polars frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.database import Database
from shared.history import read
from shared.history.frames import rechunked
from shared.history.pieces import windows_of
from shared.history.read import Place
from shared.market import Frame, Interval, Series

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Candles:
    """The candles of a series that open within a part of it (ms), in the table's order and with its values.

    Nothing is read before it is asked for. `arrays` sees one instant; what streams sees one a piece (a month of
    minutes), so that no long reading keeps the database's log from being emptied.
    """

    place: Place
    series: Series
    part: Interval

    def arrays(self) -> Frame:
        """All of them as NumPy columns; those that are mapped from a file are read-only."""
        return read.read(self.place, self.series, self.part)

    def chunks(self, rows: int = 10_000) -> Iterator[Frame]:
        """Frames of so many candles each, the last one shorter: in constant memory, however many there are."""
        return rechunked(self._pieces(), rows)

    def arrow(self, rows: int = 10_000) -> Any:
        """A pyarrow.RecordBatchReader of the same chunks; `timestamp` is in ms, as in the table."""
        import pyarrow as pa  # noqa: PLC0415 - 40 MB that only those who ask need

        from shared.history.arrow import SCHEMA, batch_of  # noqa: PLC0415

        return pa.RecordBatchReader.from_batches(SCHEMA, map(batch_of, self.chunks(rows)))

    def lazy(self) -> "pl.LazyFrame":
        """A Polars LazyFrame that reads when it is collected, piece by piece, and only the columns it needs."""
        from shared.history.lazy import lazy_frame  # noqa: PLC0415 - loads polars

        return lazy_frame(self._pieces)

    def __len__(self) -> int:
        return read.count(self.place, self.series, self.part)

    @property
    def first(self) -> int | None:
        """Open time (ms) of the first one; None if there are none."""
        found = next(self.chunks(1), None)
        return None if found is None else int(found.timestamps[0])

    @property
    def last(self) -> int | None:
        """Open time (ms) of the last one."""
        found = read.newest(self.place, self.series, self.part.end, 1).timestamps
        return int(found[0]) if len(found) and found[0] >= self.part.start else None

    def _pieces(self) -> Iterator[Frame]:
        with self.place.database.read() as connection:
            known = read.extent(connection, self.series)
        part = Interval(max(self.part.start, known.start), min(self.part.end, known.end))
        return (read.read(self.place, self.series, window) for window in windows_of(part, self.series.step))


def candles(
    database: Database, root: Path, series: Series, start: int, end: int, *, copies: Path | None = None
) -> Candles:
    """The candles of a series that open from `start` to before `end` (ms UTC), in the table or the archive at `root`.

    `copies` is the directory of fast copies of sealed months, which are made on first use; None makes none.
    """
    return Candles(Place(database, root, copies), series, Interval(start, end))
