"""The load: processes that update positions as fast as they can, beside a backfill."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.errors import RepairError

WRITERS = 8
#: Fifty pages of a thousand candles a second: more than any exchange lets one fetch.
_PAUSE_MS = "20"


@dataclass(frozen=True)
class Updates:
    """What the writers measured: ms from the wish to write to the commit, and how often that failed."""

    took_ms: list[float]
    errors: int


class Writers:
    """Processes that wait for `go`."""

    def __init__(self, database: Path, count: int, pause_ms: int, *, bare: bool) -> None:
        self._told = [database.with_name(f"writer-{number}.json") for number in range(WRITERS)]
        how = [str(WRITERS), str(count // WRITERS), str(pause_ms)]
        self._started = [
            _start("writer", str(database), str(number), *how, str(told), *(["--bare"] if bare else []))
            for number, told in enumerate(self._told)
        ]

    def go(self) -> None:
        """Let all of them begin, as soon as the last is ready."""
        for process in self._started:
            if process.stdout is None or process.stdout.readline() != "ready\n":
                raise RepairError(f"a writer of the benchmark ended: {process.communicate()[1].strip()[-500:]}")
        for process in self._started:
            if process.stdin is not None:
                process.stdin.write("go\n")
                process.stdin.flush()

    def are_at_it(self) -> bool:
        """Whether one of them still is."""
        return any(process.poll() is None for process in self._started)

    def updates(self) -> Updates:
        """What they found, when all are done."""
        said = [process.communicate()[1] for process in self._started]
        if failed := [each for process, each in zip(self._started, said, strict=True) if process.returncode]:
            raise RepairError(f"a writer of the benchmark failed: {failed[0].strip()[-500:]}")
        found = [json.loads(told.read_text(encoding="utf-8")) for told in self._told]
        return Updates([ms for each in found for ms in each["took_ms"]], sum(each["errors"] for each in found))

    def kill(self) -> None:
        """Whoever is left."""
        for process in self._started:
            _end(process)


@contextmanager
def load(database: Path, count: int, pause_ms: int = 0, *, bare: bool = False) -> Iterator[Writers]:
    """Eight writers that make `count` updates together, so long apart, and a backfill; nothing of them is left."""
    backfill = _start("backfill", str(database), _PAUSE_MS)
    writers = Writers(database, count, pause_ms, bare=bare)
    try:
        writers.go()
        yield writers
    finally:
        writers.kill()
        _end(backfill)


def _start(what: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", f"console.bench.{what}", *arguments]
    pipe = subprocess.PIPE
    # Of this package's, wherever the command was called.
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, cwd=root, stdin=pipe, stdout=pipe, stderr=pipe, text=True)  # noqa: S603 - our own


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.kill()
    process.communicate()
