"""Storing pages of candles, beside a bare executemany on the same table.

The bare side is the standard library's `sqlite3` and, because ours is another SQLite, our library too. Both commit
1,000 rows at a time; ours also extends coverage, raises the watermark and counts the rows again.
"""

import sqlite3
import tempfile
import time
from pathlib import Path
from types import ModuleType

from benchmarks.report import Result, spread
from schema import migrate
from shared.candles import store_page
from shared.database import open_database
from shared.database.sqlite import library
from shared.market import Candle, Interval, Series

ROWS, PAGE, RUNS = 300_000, 1_000, 5
SERIES = Series("binance", "BTC/USDT", "1m")
CANDLES = [Candle(60_000 * n, 100.0 + n % 7, 108.0, 99.0, 101.0 + n % 5, 1.5) for n in range(ROWS)]


def run() -> list[Result]:
    """Rows a second of both, in turn, medians of five."""
    ours: list[float] = []
    bare: dict[str, list[float]] = {"sqlite3": [], "pysqlite3": []}
    for _ in range(RUNS + 1):
        bare["sqlite3"].append(time_bare(sqlite3))
        bare["pysqlite3"].append(time_bare(library()))
        ours.append(time_ours())
    ratios = [mine / theirs for mine, theirs in zip(ours, bare["sqlite3"], strict=True)][1:]
    same = [mine / theirs for mine, theirs in zip(ours, bare["pysqlite3"], strict=True)][1:]
    ratio = sorted(ratios)[len(ratios) // 2]
    return [
        Result(f"bare executemany, sqlite3 {sqlite3.sqlite_version}", spread(bare["sqlite3"][1:], "rows/s")),
        Result(f"bare executemany, SQLite {library().sqlite_version}", spread(bare["pysqlite3"][1:], "rows/s")),
        Result("`store_page`, coverage and reconciliation included", spread(ours[1:], "rows/s")),
        Result("ratio to sqlite3, run by run", spread(ratios, "", 2), goal=">= 0.8", met=ratio >= 0.8),
        Result("ratio to the same SQLite, run by run", spread(same, "", 2)),
    ]


def time_ours() -> float:
    """Rows a second through the store."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "trading.db"
        migrate(f"sqlite:///{path}", path)
        database = open_database(f"sqlite:///{path}", "normal")
        begin = time.perf_counter()
        for first in range(0, ROWS, PAGE):
            page = CANDLES[first : first + PAGE]
            proven = Interval(page[0].timestamp, page[-1].timestamp + SERIES.step)
            with database.write() as connection:
                store_page(connection, SERIES, page, proven, now_us=1)
        seconds = time.perf_counter() - begin
        database.close()
        return ROWS / seconds


def time_bare(module: ModuleType) -> float:
    """Rows a second of the driver alone, on a table that our migrations made."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "trading.db"
        migrate(f"sqlite:///{path}", path)
        connection = module.connect(path, isolation_level=None)
        connection.execute("PRAGMA synchronous = NORMAL")
        rows = [(*SERIES.key, *candle) for candle in CANDLES]
        begin = time.perf_counter()
        for first in range(0, ROWS, PAGE):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT OR IGNORE INTO ohlcv_data VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows[first : first + PAGE]
            )
            connection.execute("COMMIT")
        seconds = time.perf_counter() - begin
        connection.close()
        return ROWS / seconds
