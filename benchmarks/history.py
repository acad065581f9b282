"""A year of 1m candles into memory: our reading surface beside what others use; the newest candles of a large table.

The real 2022, warm, medians of fifteen; each way in a process of its own, one after the other in one run. It is also
copied as ten series, and five times in a row as a series of five years. The table of 50 million rows is made as the
benchmark `coverage` makes it, and needs 5 GB of disk for as long as it runs. freqtrade takes part if
CHANDLER_FREQTRADE is the path of a Python that has it: its dependencies and ours don't agree.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import coverage
from benchmarks.loading import LOADERS
from benchmarks.processes import REAL_CANDLES, ROOT
from benchmarks.report import Result, spread
from schema import migrate
from shared.archive import seal, sealable
from shared.candles import extend, store_page
from shared.database import Database, open_database
from shared.history import Place, newest
from shared.market import Candle, Interval, Series

FILE = REAL_CANDLES / "binance_BTC-USDT_1m_2022.parquet"
_NAMES = ("timestamp", "open", "high", "low", "close", "volume")
_STEP, _PAGE = 60_000, 10_000
_FIRST = Series("binance", "C0/USDT", "1m")
_COPY = """
INSERT INTO ohlcv_data SELECT exchange, ?, timeframe, timestamp - ?, open, high, low, close, volume FROM ohlcv_data
WHERE exchange = 'binance' AND symbol = 'C0/USDT' AND timeframe = '1m'
"""
_GOALS = {
    "ours": 20.0,
    "ours, ten series": 300.0,
    "ours, a month of five years": 10.0,
}
_STREAMED_MB = 40.0
_FREQTRADE = os.environ.get("CHANDLER_FREQTRADE")


def run() -> list[Result]:
    """Milliseconds and memory of each way; then the newest 500 of a table with 50 million rows."""
    if not FILE.is_file():
        return [Result("the real 2022", "skipped: the file is not at hand")]
    with tempfile.TemporaryDirectory(dir=os.environ.get("CHANDLER_BENCH_DIR")) as name:
        directory = Path(name)
        build(directory)
        ways = [what for what in LOADERS if what != "freqtrade" or _FREQTRADE]
        found = [_result(what, measured(what, directory)) for what in ways]
    return [*found, _newest()]


def build(directory: Path) -> None:
    """The year as CSV, pickle and Feather; as ten sealed series, and five times in a row as a long one."""
    import pandas as pd  # noqa: PLC0415 - the peers' tool, for their files

    frame = pd.read_parquet(FILE)
    frame.to_csv(directory / "year.csv", index=False)
    frame.to_pickle(directory / "year.pkl")
    dated = frame.rename(columns={"timestamp": "date"})
    dated["date"] = pd.to_datetime(dated["date"], unit="ms", utc=True)
    dated.to_feather(directory / "year.feather", compression="lz4", compression_level=9)
    (directory / "BTC_USDT-1m.feather").symlink_to("year.feather")  # freqtrade's name for it
    candles = [Candle(*row) for row in zip(*(frame[name].tolist() for name in _NAMES), strict=True)]
    migrate(f"sqlite:///{directory / 'trading.db'}", directory / "trading.db")
    database = open_database(f"sqlite:///{directory / 'trading.db'}", "normal", readers=1)
    for start in range(0, len(candles), _PAGE):
        page = candles[start : start + _PAGE]
        with database.write() as connection:
            store_page(connection, _FIRST, page, Interval(page[0].timestamp, page[-1].timestamp + _STEP), now_us=0)
    year = Interval(candles[0].timestamp, candles[-1].timestamp + _STEP)
    for number in range(1, 10):
        repeat(database, f"C{number}/USDT", year, years=1)
    repeat(database, "LONG/USDT", year, years=5)
    for symbol in (*(f"C{number}/USDT" for number in range(10)), "LONG/USDT"):
        series = Series("binance", symbol, "1m")
        with database.read() as connection:
            months = sealable(connection, series, 2**45)
        for month in months:
            seal(database, directory / "archive", series, month, 0)
    database.close()


def repeat(database: Database, symbol: str, year: Interval, years: int) -> None:
    """The first series once more under another name, so many times in a row, the last where it was."""
    for back in range(years):
        shift = back * (year.end - year.start)
        with database.write() as connection:
            connection.exec_driver_sql(_COPY, (symbol, shift))
            whole = Interval(year.start - shift, year.end - shift)
            extend(connection, Series("binance", symbol, "1m"), whole, (year.end - year.start) // _STEP)


def measured(what: str, directory: Path) -> dict[str, Any]:
    """What the process that loads this way says."""
    python = _FREQTRADE if what == "freqtrade" and _FREQTRADE else sys.executable
    command = [python, "-m", "benchmarks.loading", what, str(directory)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def _result(what: str, told: dict[str, Any]) -> Result:
    figure = f"{spread(told['ms'], 'ms', 1)}, +{told['mb']:.0f} MB"
    if "in chunks" in what:
        return Result(what, figure, goal=f"< +{_STREAMED_MB:.0f} MB", met=told["mb"] < _STREAMED_MB)
    goal = _GOALS.get(what)
    return (
        Result(what, figure)
        if goal is None
        else Result(what, figure, goal=f"< {goal:.0f} ms", met=median(told["ms"]) < goal)
    )


def _newest() -> Result:
    with tempfile.TemporaryDirectory(dir=os.environ.get("CHANDLER_BENCH_DIR")) as name:
        directory = Path(name)
        coverage.build(directory, 1_600_000_020_000)
        database = open_database(f"sqlite:///{directory / 'trading.db'}", "normal", readers=1)
        place, took = Place(database, directory / "archive", None), []
        for _ in range(8):
            for series in coverage.ALL:
                begin = time.perf_counter()
                assert len(newest(place, series, 2**46, 500)) == 500
                took.append((time.perf_counter() - begin) * 1000)
        database.close()
    warm = took[len(coverage.ALL) :]
    what = f"newest 500 candles of a series, from a table of {coverage.ROWS:,} rows"
    return Result(what, spread(warm, "ms", 2), goal="< 1 ms", met=median(warm) < 1)
