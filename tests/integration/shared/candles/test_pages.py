"""A page and the coverage it proves are stored together, once, or not at all."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from shared.candles import covered, series_statuses, store_page, watermark
from shared.database import Database, open_database
from shared.errors import RepairError
from shared.market import Candle, Interval, Series, merge
from shared.models import ohlcv_data, series_coverage
from tests.integration.shared.conftest import Start

MINUTES = Series("binance", "BTC/USDT", "1m")
STEP = MINUTES.step


def candle(minute: int, close: float = 105.0) -> Candle:
    """The candle of the n-th minute."""
    return Candle(minute * STEP, 100.0, 110.0, 90.0, close, 1.5)


def span(first: int, last: int) -> Interval:
    """From the n-th minute to before the m-th."""
    return Interval(first * STEP, last * STEP)


def store(database: Database, interval: Interval, *candles: Candle, series: Series = MINUTES) -> int:
    """Store a page in a transaction of its own."""
    with database.write() as connection:
        return store_page(connection, series, candles, interval, now_us=1)


def held(database: Database, series: Series = MINUTES) -> list[Candle]:
    """The stored candles."""
    columns = (ohlcv_data.c[name] for name in Candle._fields)
    query = select(*columns).where(ohlcv_data.c.symbol == series.symbol).order_by(ohlcv_data.c.timestamp)
    with database.read() as connection:
        return [Candle(*row) for row in connection.execute(query)]


def coverage(database: Database, series: Series = MINUTES) -> list[tuple[Interval, int]]:
    """The covered intervals, and how many candles each is said to hold."""
    table = series_coverage.c
    query = select(table.start, table.end, table.candles).where(table.symbol == series.symbol).order_by(table.start)
    with database.read() as connection:
        return [(Interval(start, end), candles) for start, end, candles in connection.execute(query)]


def test_a_page_puts_its_candles_in_and_extends_coverage_and_watermark(database: Database) -> None:
    assert store(database, span(0, 3), candle(0), candle(1), candle(2)) == 3
    assert held(database) == [candle(0), candle(1), candle(2)]
    assert coverage(database) == [(span(0, 3), 3)]
    with database.read() as connection:
        assert watermark(connection, MINUTES) == 2 * STEP


def test_a_window_without_candles_is_confirmed_empty(database: Database) -> None:
    store(database, span(0, 3), candle(0))
    assert store(database, span(3, 10)) == 0
    assert coverage(database) == [(span(0, 10), 1)]
    with database.read() as connection:
        assert watermark(connection, MINUTES) == 0


def test_storing_a_page_twice_changes_nothing(database: Database) -> None:
    page = span(0, 2), candle(0), candle(1)
    store(database, *page)
    before = held(database), coverage(database)
    assert store(database, *page) == 0
    assert (held(database), coverage(database)) == before


def test_a_stored_candle_is_never_overwritten(database: Database) -> None:
    store(database, span(0, 1), candle(0, close=105.0))
    assert store(database, span(0, 1), candle(0, close=106.0)) == 0
    assert held(database) == [candle(0, close=105.0)]


def test_a_page_between_two_covered_intervals_joins_them_into_one(database: Database) -> None:
    store(database, span(0, 2), candle(0), candle(1))
    store(database, span(4, 6), candle(4), candle(5))
    assert coverage(database) == [(span(0, 2), 2), (span(4, 6), 2)]
    store(database, span(2, 4), candle(2), candle(3))
    assert coverage(database) == [(span(0, 6), 6)]


def test_an_older_page_does_not_lower_the_watermark(database: Database) -> None:
    store(database, span(10, 11), candle(10))
    store(database, span(0, 1), candle(0))
    with database.read() as connection:
        assert watermark(connection, MINUTES) == 10 * STEP


def test_a_row_that_the_database_swallows_is_an_error_and_nothing_of_the_page_is_kept(database: Database) -> None:
    impossible = Candle(STEP, 100.0, 90.0, 110.0, 100.0, 1.5)
    with pytest.raises(RepairError, match=r"of 3 candles 2 went in and 0 were there already; .* none of the page"):
        store(database, span(0, 3), candle(0), impossible, candle(2))
    assert held(database) == []
    assert coverage(database) == []
    with database.read() as connection:
        assert watermark(connection, MINUTES) is None
        assert series_statuses(connection) == []


def test_an_exception_after_the_page_takes_the_page_with_it(database: Database) -> None:
    def store_and_stumble() -> None:
        with database.write() as connection:
            store_page(connection, MINUTES, [candle(0)], span(0, 1), now_us=1)
            raise KeyError("a mistake")

    with pytest.raises(KeyError, match="a mistake"):
        store_and_stumble()
    assert held(database) == []
    assert coverage(database) == []


def test_series_are_kept_apart(database: Database) -> None:
    hours = Series("binance", "BTC/USDT", "1h")
    store(database, span(0, 60), candle(0))
    store(database, span(60, 120), candle(60), series=hours)
    with database.read() as connection:
        assert covered(connection, MINUTES) == [span(0, 60)]
        assert covered(connection, hours) == [span(60, 120)]


STORE_EVERY_OTHER_PAGE = """
import json, sys
from shared.candles import store_page
from shared.database import open_database
from shared.market import Candle, Interval, Series

url, first = sys.argv[1], int(sys.argv[2])
series, database, new = Series("binance", "BTC/USDT", "1m"), open_database(url, "normal"), 0
print("ready", flush=True)
sys.stdin.readline()
for start in range(first, 40, 2):
    window = Interval(start * 600_000, (start + 2) * 600_000)
    candles = [Candle(at, 100.0, 110.0, 90.0, 105.0, 1.5) for at in range(*window, series.step)]
    with database.write() as connection:
        new += store_page(connection, series, candles, window, now_us=1)
database.close()
print(json.dumps(new))
"""


def test_two_processes_that_store_overlapping_pages_at_once_lose_and_double_nothing(
    database: Database, database_file: Path, start: Start
) -> None:
    processes = [start(STORE_EVERY_OTHER_PAGE, f"sqlite:///{database_file}", first) for first in ("0", "1")]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60) for process in processes]
    assert [errors for _, errors in answers] == ["", ""]
    assert sum(json.loads(new) for new, _ in answers) == 410
    assert [each.timestamp for each in held(database)] == [minute * STEP for minute in range(410)]
    assert coverage(database) == [(span(0, 410), 410)]


@dataclass(frozen=True)
class Shelf:
    """One database for many examples, each on a series of its own."""

    database: Database
    numbers: Iterator[int]


@pytest.fixture(scope="module")
def shelf(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """A database file of this module's own."""
    path = tmp_path_factory.mktemp("shelf") / "trading.db"
    path.write_bytes(migrated_file.read_bytes())
    database = open_database(f"sqlite:///{path}", "normal")
    yield Shelf(database, count())
    database.close()


MINUTE = st.integers(0, 40)
ORDERED = st.tuples(MINUTE, MINUTE).map(sorted).map(tuple)


@given(published=st.frozensets(MINUTE), asked=st.lists(ORDERED, max_size=8))
def test_whatever_is_asked_in_whatever_order_coverage_is_its_union_and_holds_what_was_published(
    shelf: Shelf, published: frozenset[int], asked: list[tuple[int, int]]
) -> None:
    series, database = Series("binance", f"EXAMPLE{next(shelf.numbers)}/USDT", "1m"), shelf.database
    windows = [span(first, last) for first, last in asked]
    stored: set[int] = set()
    for window, (first, last) in zip(windows, asked, strict=True):
        found = {minute for minute in published if first <= minute < last}
        new = store(database, window, *(candle(minute) for minute in sorted(found)), series=series)
        assert new == len(found - stored)
        stored |= found
    assert held(database, series) == [candle(minute) for minute in sorted(stored)]
    assert [interval for interval, _ in coverage(database, series)] == merge(windows)
    for interval, candles in coverage(database, series):
        assert candles == sum(interval.start <= minute * STEP < interval.end for minute in stored)
    with database.read() as connection:
        assert watermark(connection, series) == (max(stored) * STEP if stored else None)
