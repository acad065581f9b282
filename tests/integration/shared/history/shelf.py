"""A series of three months of six-hour candles with holes, in a real database, with an archive and copies beside it."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from shared.archive import Month, seal
from shared.archive.prune import prune
from shared.candles import store_page
from shared.candles.revisions import Change, revise
from shared.database import Database, open_database
from shared.history import Candles, Place, candles
from shared.history.frames import COLUMNS
from shared.market import Candle, Frame, Interval, Series

SERIES = Series("binance", "BTC/USDT", "6h")
MONTHS = (Month(2024, 5), Month(2024, 6), Month(2024, 7))
SPAN = Interval(MONTHS[0].start, MONTHS[-1].end)
SLOTS = range(SPAN.start, SPAN.end, SERIES.step)
ALL = Interval(0, 2**60)


def candle(time: int, seed: int) -> Candle:
    """One that is like no other."""
    chance = random.Random(time + seed)
    low = round(chance.uniform(10, 90), 2)
    high = round(low + chance.uniform(1, 9), 2)
    return Candle(time, low, high, low, high, chance.random() * 100)


@dataclass
class Shelf:
    """A place to read from, and what it must show."""

    place: Place
    truth: dict[int, Candle] = field(default_factory=dict)

    def store(self, times: list[int], part: Interval = SPAN) -> None:
        """Candles come in; a candle that is there stays."""
        page = [candle(time, 0) for time in sorted(times)]
        with self.place.database.write() as connection:
            store_page(connection, SERIES, page, part, now_us=1)
        for each in page:
            self.truth.setdefault(each.timestamp, each)

    def revise(self, time: int, seed: int) -> None:
        """The exchange has another candle there now, or none (every third time)."""
        new = None if seed % 3 == 0 else candle(time, seed)
        with self.place.database.write() as connection:
            made = revise(connection, SERIES, [Change(self.truth.get(time), new)], "verify", 1)
        if made:
            self.truth.pop(time, None)
            if new:
                self.truth[time] = new

    def seal(self, month: Month) -> None:
        """Write the month's file."""
        seal(self.place.database, self.place.archive, SERIES, month, 1)

    def prune(self, month: Month) -> None:
        """Leave the month's candles to the file alone."""
        prune(self.place.database, self.place.archive, SERIES, month)

    def of(self, part: Interval = ALL) -> Candles:
        """What the surface shows of a part."""
        place = self.place
        return candles(place.database, place.archive, SERIES, *part, copies=place.copies)

    def expected(self, part: Interval = ALL) -> list[Candle]:
        """What it must show."""
        return [self.truth[time] for time in sorted(self.truth) if part.start <= time < part.end]


@contextmanager
def shelf(migrated_file: Path, *, copies: bool = True) -> Iterator[Shelf]:
    """An empty one, gone afterwards."""
    with TemporaryDirectory() as name:
        directory = Path(name)
        shutil.copy(migrated_file, directory / "trading.db")
        database = open_database(f"sqlite:///{directory / 'trading.db'}")
        try:
            yield Shelf(Place(database, directory / "archive", directory / "copies" if copies else None))
        finally:
            database.close()


def rows(frame: Frame) -> list[Candle]:
    """A frame as candles."""
    columns = [frame.timestamps, *(frame[name] for name in COLUMNS)]
    return [Candle(*values) for values in zip(*(np.asarray(each).tolist() for each in columns), strict=True)]


def plain_select(database: Database) -> list[Candle]:
    """All rows of the table."""
    names = ", ".join(("timestamp", *COLUMNS))
    with database.read() as connection:
        return [
            Candle(*row) for row in connection.exec_driver_sql(f"SELECT {names} FROM ohlcv_data ORDER BY timestamp")
        ]
