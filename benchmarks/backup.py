"""A full backup of a gigabyte: how quick it is, and what traders who commit meanwhile notice of it.

`python -m benchmarks.backup [MEGABYTES]` takes another size.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import NamedTuple

from benchmarks.large import build, took, writers
from benchmarks.report import Result, percentile, show, spread
from shared.backup.check import verify_all
from shared.backup.full import take_full
from shared.backup.pace import Pace
from shared.clock import now_us
from shared.database.upkeep import checkpoint

MEGABYTES, ROUNDS, WRITERS, PAUSE_MS, ALONE_SECONDS = 1_000, 3, 6, 20, 15.0
CHECKPOINT_SECONDS = 10


class _Beside(NamedTuple):
    """Milliseconds of commits while nobody else works, and while a backup is taken, which lasted so many seconds."""

    alone: list[float]
    beside: list[float]
    seconds: float


def run(megabytes: int = MEGABYTES) -> list[Result]:
    """Megabytes of the database a second, verified or not; p50 and p99 of the traders' commits."""
    with tempfile.TemporaryDirectory(prefix="chandler-backup-") as directory:
        base = Path(directory)
        file = base / "trading.db"
        build(file, megabytes)
        size = file.stat().st_size / 1e6
        rates = [size / _seconds(file, base) for _ in range(ROUNDS)]
        begin = time.monotonic()
        problems = verify_all(base / "backups", base)
        verified = len(rates) * size / (time.monotonic() - begin)
        rounds = [_beside(file, base) for _ in range(ROUNDS)]
    alone = [ms for each in rounds for ms in each.alone]
    beside = [ms for each in rounds for ms in each.beside]
    p99, paced = percentile(beside, 0.99), [size / each.seconds for each in rounds]
    what = f"a full backup of {size:,.0f} MB, digests of every row included"
    return [
        Result(what, spread(rates, "MB/s"), goal=">= 100 MB/s", met=median(rates) >= 100),
        Result("verify it to the last row", f"{verified:,.0f} MB/s", met=not problems),
        Result(
            f"commits of {WRITERS} traders meanwhile, p50 / p99 of {len(beside):,}",
            _both(beside),
            f"{_both(alone)} without it",
            "p99 < 10 ms",
            p99 < 10,
        ),
        Result("the same, largest", f"{max(beside):.1f} ms", f"{max(alone):.1f} ms"),
        Result("the backup beside them", spread(paced, "MB/s")),
    ]


def _seconds(file: Path, base: Path) -> float:
    begin = time.monotonic()
    take_full(file, base / "backups", base / "archive", now_us(), Pace())
    return time.monotonic() - begin


def _beside(file: Path, base: Path) -> _Beside:
    with writers(file, WRITERS, PAUSE_MS) as running, _checkpoints(file):
        time.sleep(ALONE_SECONDS)
        began = time.monotonic()
        seconds = _seconds(file, base)
        timed = took(running)
    ended = began + seconds
    alone = [ms for at, ms in timed if began - ALONE_SECONDS + 1 < at < began]
    return _Beside(alone, [ms for at, ms in timed if began <= at <= ended], seconds)


@contextmanager
def _checkpoints(file: Path) -> Iterator[None]:
    """What the keeper does meanwhile, by its default."""
    ended = Event()

    def work() -> None:
        while not ended.wait(CHECKPOINT_SECONDS):
            checkpoint(file)

    keeper = Thread(target=work)
    keeper.start()
    yield
    ended.set()
    keeper.join()


def _both(ms: list[float]) -> str:
    return f"{median(ms):.2f} / {percentile(ms, 0.99):.2f} ms"


def main() -> None:
    """Run it alone."""
    show("backup", run(int(sys.argv[1]) if sys.argv[1:] else MEGABYTES))


if __name__ == "__main__":
    main()
