"""A trader's commits while history is fetched flat out, beside the same with nobody else on the database."""

import json
import subprocess
import sys
from statistics import median

from benchmarks.backfill import CONFIG
from benchmarks.processes import ROOT, Place, place, simulator, year_of_candles
from benchmarks.report import Result, percentile
from console.demo.children import stop_all

ROUNDS, SECONDS = 5, 4


def run() -> list[Result]:
    """Milliseconds of a trader's transaction, alone and beside the backfill of a year, which takes about as long."""
    arguments, start, end, data = year_of_candles()
    if not start:
        return [Result("a trader's commits", "skipped: the real candles are not at hand")]
    alone, beside = list[float](), list[float]()
    with simulator(*arguments) as url:
        for _ in range(ROUNDS):
            with place(CONFIG.format(url=url, start=start, end=end)) as here:
                alone += commits(here, SECONDS / 2)
                child = here.start("backfiller", "-m", "backfiller", "--once")
                beside += commits(here, SECONDS)
                stop_all([child])
    p99 = percentile(beside, 0.99)
    return [
        Result(f"a trader's commit alone, p50 / p99 of {len(alone)}", both(alone)),
        Result(
            f"beside a backfill flat out ({data}), of {len(beside)}", both(beside), both(alone), "p99 < 10 ms", p99 < 10
        ),
        Result("the same, largest", f"{max(beside):.1f} ms", f"{max(alone):.1f} ms"),
    ]


def both(took: list[float]) -> str:
    """`p50 / p99 ms`."""
    return f"{median(took):.2f} / {percentile(took, 0.99):.2f} ms"


def commits(here: Place, seconds: float) -> list[float]:
    """The timed commits of a process of its own."""
    command = [sys.executable, "-m", "benchmarks.committer", str(here.database), str(seconds), "5"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    took: list[float] = json.loads(done.stdout)
    return took
