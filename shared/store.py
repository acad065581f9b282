"""The store: everything that was kept, for a user's scripts and notebooks to read.

with Store.open("data/trading.db") as store:
    frame = store.candles(Series("binance", "BTC/USDT", "1m"), count=1000)
    years = store.history(Series("binance", "BTC/USDT", "1m")).lazy()
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy.engine import make_url

from shared import candles, ledger
from shared.archive import verify
from shared.archive.relocate import relocate
from shared.clock import boot_id, boot_us, now_ms, now_us
from shared.database import Database, open_database, require_schema
from shared.errors import RepairError, StopError
from shared.history import Candles, Place, copies_in, fetch_lacking, newest, opening, upkeep
from shared.history import candles as candles_of
from shared.history.kept import Kept, kept
from shared.market import Frame, Series
from shared.overview import Overview, Trade, overview, trades_of
from shared.portfolio import PortfolioReader, PortfolioView
from shared.trading import Position

#: Later than any candle (ms); in the fifth millennium, which is as far as calendars go.
_LATE = 2**46


class Store:
    """A database and its archive, open for reading. Each call sees one consistent instant."""

    def __init__(self, database: Database, archive: Path, copies: Path | None, url: str = "") -> None:
        """`archive` holds the sealed months, `copies` their fast copies; None makes none. `url` is for who fetches."""
        self._database = database
        self._place = Place(database, archive, copies)
        self._url = url

    @classmethod
    @contextmanager
    def open(cls, where: str | Path, archive: Path | None = None, cache: Path | None = None) -> Iterator["Store"]:
        """Open a database by its file or its SQLAlchemy URL, and close it at the end of the `with` block.

        A backup is a database, too. `archive` and `cache` are what the configuration calls so, by default the
        directories of these names beside the file. StopError if there is no database (nothing is created), SchemaError
        if it is of another version.
        """
        url = where if isinstance(where, str) and "://" in where else f"sqlite:///{where}"
        _require_file(url)
        beside = Path(make_url(url).database or "").parent
        database = open_database(url)
        try:
            require_schema(database)
            yield cls(database, archive or beside / "archive", copies_in(cache or beside / "cache"), url)
        finally:
            database.close()

    def candles(self, series: Series, count: int = 500, until: int | None = None) -> Frame:
        """The newest `count` closed candles that open at or before `until` (ms UTC; None: the present), ascending."""
        return newest(self._place, series, _LATE if until is None else until + 1, count)

    def history(
        self,
        series: Series,
        start: int = 0,
        end: int | None = None,
        *,
        limit: int | None = None,
        fetch: bool = False,
    ) -> Candles:
        """The closed candles that open from `start` to before `end` (ms UTC), in the table or archived.

        With `limit` only the newest so many of them. With `fetch` what is not there yet is fetched first and kept, by
        `chandler history update` in a process of its own, with the configuration it finds: a start or a limit is
        needed to know how far back, where there is nothing yet. RepairError if that does not succeed.
        """
        if fetch:
            fetch_lacking(self._place, self._url, series, start, end, limit)
        end = _LATE if end is None else end
        if limit is not None:
            start = max(start, opening(self._place, series, end, limit))
        return candles_of(self._database, self._place.archive, series, start, end, copies=self._place.copies)

    def kept(self, series: Series) -> Kept:
        """How many candles of a series there are, from when to when, where they lie, and what they take on disk.

        StopError if the series is unknown.
        """
        with self._database.read() as connection:
            return kept(connection, self._place, series)

    def verify(self, series: Series) -> list[str]:
        """What is wrong with a series, in words: its months' files, their fast copies, or how many candles there are.

        Nothing is mended (`chandler archive verify --repair` does), but a fast copy that is wrong is removed.
        """
        problems = verify(self._database, self._place.archive, series)
        return [*(f"{problem.path}: {problem.told}" for problem in problems), *upkeep.complaints(self._place, series)]

    def clear(self, series: Series) -> int:
        """Remove the fast copies of a series, in which no candle is alone; returns the bytes that are free now."""
        return upkeep.clear(self._place, series)[1]

    def relocate(self, archive: Path) -> None:
        """Copy every month to another directory, and read it there from now on; nothing is removed.

        The services go on where `paths.archive` says: `chandler history relocate` tells how to move them, too.
        RepairError names months that are there already and differ.
        """
        _, stay = relocate(self._database, self._place.archive, archive, remove=False)
        if stay:
            raise RepairError(f"{', '.join(map(str, stay))}: others are at the new place, and nobody knows either")
        self._place = replace(self._place, archive=archive)

    def watermark(self, series: Series) -> int | None:
        """Open time (ms UTC) of the newest closed candle; None before the first."""
        with self._database.read() as connection:
            return candles.watermark(connection, series)

    def trades(self, strategy_id: str, count: int = 500) -> list[Trade]:
        """The newest `count` trades of a strategy, newest first."""
        with self._database.read() as connection:
            return trades_of(connection, strategy_id, count)

    def positions(self, strategy_id: str) -> dict[str, Position]:
        """The positions of a strategy by symbol, those that are closed by now included."""
        with self._database.read() as connection:
            return ledger.positions_of(connection, strategy_id)

    def overview(self) -> Overview:
        """All series and all strategies with their books, now."""
        with self._database.read() as connection:
            return overview(connection, now_ms(), boot_us(), boot_id())

    def portfolio(self, days: float | None = None, strategy_id: str | None = None) -> PortfolioView:
        """All strategies together or one, and how they did over the last `days` or from the beginning.

        ConfigError if there is no such strategy.
        """
        return PortfolioReader(self._database).report(now_us(), days, strategy_id)


def _require_file(url: str) -> None:
    """SQLite would make an empty database of a mistyped name."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise StopError(f"there is no database {parsed.database}: check the name, or make it with `python schema.py`")
