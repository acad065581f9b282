"""Candles at an instant: as coverage, revisions and pruned months were then."""

from pathlib import Path
from typing import Any

import pytest

from shared.archive import forget, prune, seal
from shared.archive import restore as bring_back
from shared.backup.full import take_full
from shared.backup.increment import take_increment
from shared.backup.restore import restore
from shared.candles import store_page
from shared.candles.revisions import Change, revise
from shared.clock import now_us
from shared.database import Database, open_database
from shared.market import Candle, Interval, Series
from tests.integration.shared.archive.months import (
    EMPTY,
    FEBRUARY,
    JANUARY,
    MARCH,
    SERIES,
    everything,
    fill,
    first_candle,
)
from tests.integration.shared.backup.history import State, state_in, state_of


class Market:
    """One series, its archive, its backups, and what was when."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.database, self.file = database, directory / "trading.db"
        self.root, self.archive, self.target = (directory / name for name in ("backups", "archive", "then.db"))
        self.seen: list[tuple[int, State]] = []

    def note(self) -> None:
        with self.database.read() as connection:
            driver: Any = connection.connection.driver_connection
            (stamp,) = driver.execute("SELECT at_us FROM change_clock").fetchone()
            self.seen.append((stamp, state_of(driver)))

    def increment(self) -> None:
        take_increment(self.database, self.root, self.archive, now_us())

    def revise(self, place: int, price: float | None) -> None:
        old = first_candle(self.database, place)
        new = None if price is None else Candle(old.timestamp, price, price, price, price, 1 / 3)
        with self.database.write() as connection:
            assert revise(connection, SERIES, [Change(old, new)], "verify", now_us()) == 1

    def holds(self) -> None:
        """Every instant that was noted comes back."""
        for stamp, state in self.seen:
            restore(self.root, stamp, self.target, now_us())
            assert state_in(self.target) == state, stamp
            self.target.unlink()


@pytest.fixture
def market(database: Database, tmp_path: Path) -> Market:
    return Market(database, tmp_path)


def test_candles_that_came_and_were_revised_between_two_increments(market: Market) -> None:
    take_full(market.file, market.root, market.archive, now_us())
    fill(market.database, SERIES, JANUARY.start, JANUARY.start + 86_400_000)
    market.note()
    market.revise(3, 40_000.1)
    market.note()
    market.revise(3, 40_000.2)
    market.revise(5, None)
    market.note()
    fill(market.database, SERIES, JANUARY.start + 86_400_000, JANUARY.start + 2 * 86_400_000)
    market.note()
    market.increment()
    market.revise(3, 40_000.3)
    market.revise(7, None)
    market.note()
    market.increment()
    market.holds()


def test_months_that_were_pruned_and_brought_back(market: Market) -> None:
    fill(market.database, SERIES)
    take_full(market.file, market.root, market.archive, now_us())
    market.revise(1, 40_000.7)
    for month in (JANUARY, FEBRUARY):
        seal(market.database, market.archive, SERIES, month, now_us())
    market.note()
    market.increment()
    prune(market.database, market.archive, SERIES, JANUARY)
    market.note()
    prune(market.database, market.archive, SERIES, FEBRUARY)
    market.note()
    bring_back(market.database, market.archive, SERIES, JANUARY)
    market.note()
    market.revise(2, 40_000.9)
    market.note()
    market.increment()
    market.holds()


def test_a_lost_month_that_is_forgotten_and_fetched_again(market: Market) -> None:
    fill(market.database, SERIES)
    take_full(market.file, market.root, market.archive, now_us())
    seal(market.database, market.archive, SERIES, JANUARY, now_us())
    market.increment()
    prune(market.database, market.archive, SERIES, JANUARY)
    market.note()
    forget(market.database, market.archive, SERIES, JANUARY)
    market.note()
    fill(market.database, SERIES, JANUARY.start, JANUARY.end)
    market.note()
    market.increment()
    market.holds()


def test_a_candle_that_came_late_into_what_was_covered(market: Market) -> None:
    fill(market.database, SERIES, JANUARY.start, MARCH.start)
    take_full(market.file, market.root, market.archive, now_us())
    market.note()
    late = Candle(EMPTY, 1.0, 1.0, 1.0, 1.0, 1 / 3)
    with market.database.write() as connection:
        part = Interval(EMPTY, EMPTY + SERIES.step)
        assert store_page(connection, SERIES, [late], part, now_us=now_us()) == 1
    market.note()
    market.increment()
    assert market.seen[0][1]["ohlcv_data"].rows + 1 == market.seen[1][1]["ohlcv_data"].rows
    market.holds()


def test_another_series_is_another_matter(market: Market) -> None:
    take_full(market.file, market.root, market.archive, now_us())
    fill(market.database, SERIES, MARCH.start, MARCH.start + 86_400_000)
    market.note()
    fill(market.database, Series("binance", "ETH/USDT", "1h"), MARCH.start, MARCH.start + 86_400_000)
    market.note()
    market.increment()
    market.holds()


def test_a_pruned_month_comes_back_with_its_file(market: Market, tmp_path: Path) -> None:
    fill(market.database, SERIES)
    take_full(market.file, market.root, market.archive, now_us())
    seal(market.database, market.archive, SERIES, JANUARY, now_us())
    market.increment()
    prune(market.database, market.archive, SERIES, JANUARY)
    market.increment()
    every = everything(market.database, market.archive)
    elsewhere = tmp_path / "elsewhere"
    made = restore(market.root, None, market.target, now_us(), archive=elsewhere)
    assert (made.files, made.lacking) == (2, ())
    restored = open_database(f"sqlite:///{market.target}")
    assert everything(restored, elsewhere) == every
    restored.close()
