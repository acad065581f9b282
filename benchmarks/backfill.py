"""A year of 1m candles from the simulator into the database, beside a bare ccxt loop that stores nothing.

Both are processes of their own, in turn, with ccxt's limiter off. The rate counts from the first request for candles,
by the simulator's access log, to the end of the process: everything is stored and closed by then. The whole process,
imports and start-up included, stands beside it.
"""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from urllib.request import urlopen

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


@dataclass(frozen=True)
class Timing:
    """How fast one run was, in candles a second."""

    rate: float
    whole: float


def run() -> list[Result]:
    """Candles a second of both, medians of five, and the ratios run by run."""
    arguments, start, end, data = year_of_candles()
    if not start:
        start, end = walk_bounds(199)
    ours, bare = [], []
    with simulator(*arguments) as url:
        for _ in range(RUNS + 1):
            bare.append(time_bare(url, start, end))
            ours.append(time_ours(url, start, end))
    ours, bare = ours[1:], bare[1:]
    ratios = [mine.rate / theirs.rate for mine, theirs in zip(ours, bare, strict=True)]
    wholes = [mine.whole / theirs.whole for mine, theirs in zip(ours, bare, strict=True)]
    return [
        Result(f"bare ccxt loop, stores nothing ({data})", spread([run.rate for run in bare], "candles/s")),
        Result("`python -m backfiller --once`", spread([run.rate for run in ours], "candles/s")),
        Result("ratio, run by run", spread(ratios, "", 2), goal="> 1", met=median(ratios) > 1),
        Result("bare loop, whole process", spread([run.whole for run in bare], "candles/s")),
        Result("backfiller, whole process", spread([run.whole for run in ours], "candles/s")),
        Result("ratio of whole processes, run by run", spread(wholes, "", 2)),
    ]


def walk_bounds(days: int) -> tuple[str, str]:
    """The last `days` whole days."""
    today = datetime.now(UTC).date()
    return str(today - timedelta(days)), str(today)


def time_bare(url: str, start: str, end: str) -> Timing:
    """The bare loop's run."""
    bounds = [str(int(datetime.fromisoformat(f"{day}T00:00+00:00").timestamp() * 1000)) for day in (start, end)]
    begin = time.time()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bare_ccxt", url, *bounds], cwd=ROOT, check=True, capture_output=True
    )
    return timing(int(done.stdout), url, begin)


def time_ours(url: str, start: str, end: str) -> Timing:
    """The backfiller's run; the candles are counted in the database afterwards."""
    with place(CONFIG.format(url=url, start=start, end=end)) as here:
        begin = time.time()
        child = here.start("backfiller", "-m", "backfiller", "--once")
        code = child.process.wait(300)
        over = time.time()
        if code:
            raise SystemExit(f"the backfiller failed:\n{child.tail()}")
        return timing(stored(here.database), url, begin, over)


def timing(candles: int, url: str, begin: float, over: float | None = None) -> Timing:
    """The rates of a process that ran from `begin` until `over`, by default now; seconds of the wall clock."""
    over = over or time.time()
    with urlopen(f"{url}/control/log?since=0") as answer:  # noqa: S310 - our own simulator
        entries = json.load(answer)
    asked = (entry["at_ms"] / 1000 for entry in entries if entry["path"].endswith("/klines"))
    first = min(at for at in asked if at >= begin)
    return Timing(candles / (over - first), candles / (over - begin))


def stored(database: object) -> int:
    """Rows in ohlcv_data, by a process of its own: one SQLite library a process."""
    query = "from shared.database.sqlite import library; import sys; print(library().connect(sys.argv[1])"
    query += ".execute('SELECT count(*) FROM ohlcv_data').fetchone()[0])"
    done = subprocess.run([sys.executable, "-c", query, str(database)], cwd=ROOT, check=True, capture_output=True)
    return int(done.stdout)
