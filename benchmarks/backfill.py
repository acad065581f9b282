"""A year of 1m candles from the simulator into the database, beside a bare ccxt loop that stores nothing.

Both are whole processes, from start to exit, in turn, with ccxt's limiter off.
"""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

from benchmarks.processes import ROOT, place, simulator, year_of_candles
from benchmarks.report import Result, spread

RUNS = 5
CONFIG = """
[exchanges.binance]
url = "{url}"
rate_limit = false

[[series]]
exchange = "binance"
symbol = "BTC/USDT"
timeframe = "1m"
start = "{start}"
end = "{end}"
"""


def run() -> list[Result]:
    """Candles a second of both, medians of five, and the ratio run by run."""
    arguments, start, end, data = year_of_candles()
    if not start:
        start, end = walk_bounds(199)
    ours, bare = [], []
    with simulator(*arguments) as url:
        for _ in range(RUNS + 1):
            bare.append(time_bare(url, start, end))
            ours.append(time_ours(url, start, end))
    ours, bare = ours[1:], bare[1:]
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    ratio = sorted(ratios)[len(ratios) // 2]
    return [
        Result(f"bare ccxt loop, stores nothing ({data})", spread(bare, "candles/s")),
        Result("`python -m backfiller --once`", spread(ours, "candles/s")),
        Result("ratio, run by run", spread(ratios, "", 2), goal=">= 0.8", met=ratio >= 0.8),
    ]


def walk_bounds(days: int) -> tuple[str, str]:
    """The last `days` whole days."""
    today = datetime.now(UTC).date()
    return str(today - timedelta(days)), str(today)


def time_bare(url: str, start: str, end: str) -> float:
    """Candles a second of the bare loop."""
    bounds = [str(int(datetime.fromisoformat(f"{day}T00:00+00:00").timestamp() * 1000)) for day in (start, end)]
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bare_ccxt", url, *bounds], cwd=ROOT, check=True, capture_output=True
    )
    return int(done.stdout) / (time.perf_counter() - begin)


def time_ours(url: str, start: str, end: str) -> float:
    """Candles a second of the backfiller, as counted in the database afterwards."""
    with place(CONFIG.format(url=url, start=start, end=end)) as here:
        begin = time.perf_counter()
        child = here.start("backfiller", "-m", "backfiller", "--once")
        code = child.process.wait(300)
        seconds = time.perf_counter() - begin
        if code:
            raise SystemExit(f"the backfiller failed:\n{child.tail()}")
        return stored(here.database) / seconds


def stored(database: object) -> int:
    """Rows in ohlcv_data, by a process of its own: one SQLite library a process."""
    query = "from shared.database.sqlite import library; import sys; print(library().connect(sys.argv[1])"
    query += ".execute('SELECT count(*) FROM ohlcv_data').fetchone()[0])"
    done = subprocess.run([sys.executable, "-c", query, str(database)], cwd=ROOT, check=True, capture_output=True)
    return int(done.stdout)
