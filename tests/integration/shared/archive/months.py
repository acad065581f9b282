"""Candles to seal, and what stands where."""

from pathlib import Path
from random import Random

from shared.archive import COLUMNS, Month, load
from shared.archive.encoding import PRICES
from shared.archive.hot import hot_rows
from shared.candles import store_page
from shared.candles.months import ArchivedMonth, archived_months
from shared.candles.status import series_statuses
from shared.database import Database
from shared.history import candles as history
from shared.market import Candle, Interval, Series

SERIES = Series("binance", "BTC/USDT", "1h")
JANUARY, FEBRUARY, MARCH = Month(2024, 1), Month(2024, 2), Month(2024, 3)
END = MARCH.start + 15 * 86_400_000
EMPTY = JANUARY.start + (4 * 24 + 10) * 3_600_000


def candles(start: int, end: int, step: int = 3_600_000) -> list[Candle]:
    """A random walk in cents, the same each time."""
    rng, found, cents = Random(start), [], 4_000_000
    for at in range(start, end, step):
        opened, cents = cents, cents + rng.randrange(-5_000, 5_001)
        low, high = min(opened, cents) - rng.randrange(500), max(opened, cents) + rng.randrange(500)
        prices = (opened / 100, high / 100, low / 100, cents / 100)
        found.append(Candle(at, *prices, rng.randrange(10**9) / 10**6))
    return found


def fill(database: Database, series: Series, start: int = JANUARY.start, end: int = END) -> list[Candle]:
    """Store the candles of a part, all but one, and cover it."""
    rows = [candle for candle in candles(start, end, series.step) if candle.timestamp != EMPTY]
    with database.write() as connection:
        store_page(connection, series, rows, Interval(start, end), now_us=1)
    return rows


def first_candle(database: Database, place: int = 0, series: Series = SERIES) -> Candle:
    """The candle at a place of the table."""
    at, *values = table(database, series)[place]
    return Candle(int(at), *values)


def table(database: Database, series: Series = SERIES) -> list[tuple[float, ...]]:
    """All rows of the table."""
    with database.read() as connection:
        rows = hot_rows(connection, series, Interval(0, 10**14))
    return list(zip(*(rows[name].tolist() for name in COLUMNS), strict=True))


def file(root: Path, month: Month, series: Series = SERIES) -> list[tuple[float, ...]]:
    """All rows of a month's file."""
    rows = load(root, series, month)
    return list(zip(*(rows[name].tolist() for name in COLUMNS), strict=True))


def everything(database: Database, root: Path, series: Series = SERIES) -> list[tuple[float, ...]]:
    """Table and archive as every reader of history sees them."""
    frame = history(database, root, series, 0, 10**14).arrays()
    columns = (frame.timestamps.tolist(), *(frame[name].tolist() for name in PRICES))
    return list(zip(*columns, strict=True))


def states(database: Database, series: Series = SERIES) -> dict[str, ArchivedMonth]:
    """The rows of `archive_months`, by month."""
    with database.read() as connection:
        return {str(Month.of(month.start)): month for month in archived_months(connection, series)}


def counted(database: Database) -> int:
    """How many candles the bookkeeping says there are."""
    with database.read() as connection:
        return sum(status.candles for status in series_statuses(connection))
