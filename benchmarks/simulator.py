"""How fast the simulator serves candles to a raw keep-alive client, beside what a bare ccxt loop takes."""

import http.client
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

from benchmarks.backfill import RUNS, time_bare, walk_bounds
from benchmarks.processes import simulator, year_of_candles
from benchmarks.report import Result, spread


def run() -> list[Result]:
    """Candles a second of both, in turn."""
    arguments, start, end, data = year_of_candles()
    if not start:
        start, end = walk_bounds(199)
    served, taken = [], []
    with simulator(*arguments) as url:
        for _ in range(RUNS + 1):
            served.append(serve(url, start, end))
            taken.append(time_bare(url, start, end).rate)
    ratios = [raw / loop for raw, loop in zip(served, taken, strict=True)][1:]
    ratio = sorted(ratios)[len(ratios) // 2]
    return [
        Result(f"served to a raw client ({data})", spread(served[1:], "candles/s")),
        Result("taken by a bare ccxt loop", spread(taken[1:], "candles/s")),
        Result("ratio, run by run", spread(ratios, "", 2), goal=">= 3", met=ratio >= 3),
    ]


def serve(url: str, start: str, end: str) -> float:
    """Ask for every page of the year and count the rows, reading the bytes and no more."""
    since, until = (int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000) for day in (start, end))
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    candles, begin = 0, time.perf_counter()
    for page in range(since, until, 60_000_000):
        query = f"symbol=BTCUSDT&interval=1m&limit=1000&startTime={page}&endTime={page + 59_999_999}"
        connection.request("GET", f"/api/v3/klines?{query}")
        candles += connection.getresponse().read().count(b"],[") + 1
    seconds = time.perf_counter() - begin
    connection.close()
    return candles / seconds
