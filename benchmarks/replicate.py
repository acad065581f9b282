"""What traders who commit notice of Litestream, which copies the database to a directory meanwhile."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.large import ROOT, build, took, writers
from benchmarks.report import Result, percentile

LITESTREAM = Path(sys.executable).with_name("litestream")
MEGABYTES, ROUNDS, WRITERS, PAUSE_MS, SECONDS = 100, 5, 6, 20, 6.0


def run() -> list[Result]:
    """Milliseconds of commits, rounds with and without in turns."""
    if not LITESTREAM.exists():
        return [Result("commits beside Litestream", "skipped: requirements/replicate.lock is not installed")]
    alone, beside = list[float](), list[float]()
    with tempfile.TemporaryDirectory(prefix="chandler-replica-") as directory:
        file = Path(directory) / "trading.db"
        build(file, MEGABYTES)
        for number in range(ROUNDS):
            alone += _commits(file)
            with _replicating(file, Path(directory) / f"replica-{number}"):
                beside += _commits(file)
    what = f"commits of {WRITERS} traders beside Litestream, p50 / p99 of {len(beside):,}"
    p99 = percentile(beside, 0.99)
    return [
        Result(what, _both(beside), f"{_both(alone)} without it", "p99 < 10 ms", p99 < 10),
        Result("the same, largest", f"{max(beside):.1f} ms", f"{max(alone):.1f} ms"),
    ]


def _commits(file: Path) -> list[float]:
    with writers(file, WRITERS, PAUSE_MS) as running:
        time.sleep(SECONDS)
        return [ms for _, ms in took(running)]


@contextmanager
def _replicating(file: Path, replica: Path) -> Iterator[None]:
    """Inside the block Litestream copies, by the project's configuration, and has copied what was there before."""
    environ = os.environ | {"CHANDLER_PATHS__DATA": str(file.parent), "CHANDLER_REPLICA_URL": f"file://{replica}"}
    command = [str(LITESTREAM), "replicate", "-config", str(ROOT / "litestream.yml"), "-log-level", "error"]
    process = subprocess.Popen(command, env=environ)
    sync = [str(LITESTREAM), "sync", "-wait", "-socket", str(file.with_name("litestream.sock")), str(file)]
    try:
        while subprocess.run(sync, capture_output=True, check=False).returncode:
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


def _both(ms: list[float]) -> str:
    return f"{median(ms):.2f} / {percentile(ms, 0.99):.2f} ms"
