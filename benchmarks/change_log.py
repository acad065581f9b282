"""What stamps and the change log cost a transaction of the books, beside the same without both.

Two databases that differ in nothing else take turns, so that both see the same machine. Their commits do not wait for
the disk, whose noise is a hundred times what is measured. Processor time is told beside wall time: what else runs on
the machine does not lengthen it.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import NamedTuple
from unittest.mock import patch

from sqlalchemy import insert

from benchmarks.report import Result
from schema import migrate
from shared import ledger
from shared.candles import store_page
from shared.database import Database, open_database, triggers
from shared.database.sqlite import library
from shared.database.stamps import Stamps
from shared.ledger.books import save_position
from shared.market import Candle, Interval, Series
from shared.models import strategy_metadata
from shared.trading import Fill, OpenOrder, Order, Position, Report, Side, Signal, Status

RUNS, PAGES, PAGE, GOAL_US = 3_000, 300, 1_000, 20
SERIES = Series("binance", "BTC/USDT", "1m")
STRATEGY = dict.fromkeys(("exchange", "symbol", "timeframe", "strategy_name", "config", "reason"), "") | {
    "strategy_id": "s",
    "status": "active",
    "created_at_us": 1,
    "updated_at_us": 1,
}

Work = Callable[[Database, int], None]


class Took(NamedTuple):
    """Microseconds: by the wall, and of the processor."""

    wall: float
    busy: float


def run() -> list[Result]:
    """Medians of single transactions, alternately with and without."""
    with _books(logged=True) as logged, _books(logged=False) as bare:
        orders = {id(each): [_order(each, n) for n in range(RUNS)] for each in (logged, bare)}
        position = _compare(logged, bare, RUNS, _save_position)
        fill = _compare(logged, bare, RUNS, lambda database, n: _settle(database, orders[id(database)][n], n))
        page = _compare(logged, bare, PAGES, _store_page)
    return [
        _told("a position's new row and commit", *position, GOAL_US),
        _told("`ledger.settle` of a fill and commit: 2 rows logged, 5 appended", *fill),
        _told(f"`store_page` of {PAGE:,} candles and commit", *page),
    ]


def _told(what: str, mine: Took, theirs: Took, goal: float | None = None) -> Result:
    more = Took(mine.wall - theirs.wall, mine.busy - theirs.busy)
    figure = f"+{more.wall:.1f} us, +{more.busy:.1f} us of the processor"
    beside = f"{mine.wall:.0f} with, {theirs.wall:.0f} us without"
    return Result(f"{what}, p50", figure, beside, f"< {goal} us" if goal else "", more.wall < goal if goal else None)


def _compare(logged: Database, bare: Database, runs: int, work: Work) -> tuple[Took, Took]:
    mine, theirs = list[Took](), list[Took]()
    for n in range(runs):
        mine.append(_took(lambda: work(logged, n)))  # noqa: B023 - runs at once
        with _unstamped():
            theirs.append(_took(lambda: work(bare, n)))  # noqa: B023
    return _median(mine), _median(theirs)


def _median(took: list[Took]) -> Took:
    return Took(median(each.wall for each in took), median(each.busy for each in took))


def _took(work: Callable[[], None]) -> Took:
    wall, busy = time.perf_counter_ns(), time.thread_time_ns()
    work()
    return Took((time.perf_counter_ns() - wall) / 1000, (time.thread_time_ns() - busy) / 1000)


@contextmanager
def _unstamped() -> Iterator[None]:
    with patch.object(Stamps, "take", lambda _: None), patch.object(Stamps, "release", lambda _: None):
        yield


@contextmanager
def _books(*, logged: bool) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "trading.db"
        migrate(f"sqlite:///{path}", path)
        if not logged:
            driver = library().connect(path, isolation_level=None)
            triggers.drop(driver)
            driver.close()
        database = open_database(f"sqlite:///{path}", "normal")
        with database.write() as connection:
            connection.execute(insert(strategy_metadata), [STRATEGY])
        yield database
        database.close()


def _fill(number: int) -> Fill:
    side, price = (Side.BUY, Side.BUY, Side.SELL)[number % 3], Decimal(2_000_000 + number).scaleb(-2)
    return Fill(f"t{number}", side, Decimal("0.01"), price, Decimal("0.2"), "USDT", number, "BTC", "USDT")


def _order(database: Database, number: int) -> Order:
    fill = _fill(number)
    order = Order(f"o{number}", "s", number, "entry", 1, "binance", "BTC/USDT", fill.side, fill.amount, number)
    with database.write() as connection:
        signal = Signal(fill.side)
        ledger.record(connection, "s", number, signal, price=1.0, outcome="ordered", lease_token=1, now_us=number)
        ledger.place(connection, order, 1)
    return order


def _settle(database: Database, order: Order, number: int) -> None:
    with database.write() as connection:
        ledger.settle(connection, OpenOrder(order), Report(Status.FILLED, (_fill(number),)), 1, number)


def _save_position(database: Database, number: int) -> None:
    order = Order("o", "s", 0, "entry", 1, "binance", "BTC/USDT", Side.BUY, Decimal(1), 0)
    with database.write() as connection:
        save_position(connection, order, Position(Decimal(1), Decimal(number)), number)


def _store_page(database: Database, number: int) -> None:
    begin = number * PAGE * SERIES.step
    page = [Candle(begin + n * SERIES.step, 100.0 + n % 7, 108.0, 99.0, 101.0 + n % 5, 1.5) for n in range(PAGE)]
    with database.write() as connection:
        store_page(connection, SERIES, page, Interval(begin, begin + PAGE * SERIES.step), now_us=1)
