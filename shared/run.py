"""What runs at the moment: each process keeps a file of its figures beside the database, for `chandler status`.

A process that ends takes its file away. One that was killed leaves it; its stamp, of the boot clock, shows that.
"""

import contextlib
import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Event, Thread
from typing import Any

from shared.clock import boot_id, boot_us, now_us
from shared.database import Database

_DIRECTORY = "run"
_WRITE_SECONDS = 5
_FRESH_US = 60_000_000

Run = dict[str, Any]
"""`service`, `host`, `pid`, `started_at_us`, `boot_id`, `boot_us` (when it was written), and of its `database` what
shared.database.watch.Figures names."""


@contextmanager
def running(data: Path, service: str, database: Database) -> Iterator[None]:
    """Keep this process's figures in the data directory up to date while inside; a disk that refuses stops nobody."""
    sweep(data, boot_us(), boot_id())
    host, pid = socket.gethostname(), os.getpid()
    # Each container counts its processes anew.
    path = data / _DIRECTORY / f"{service}-{re.sub('[^A-Za-z0-9_.]', '_', host)}-{pid}.json"
    about = {"service": service, "host": host, "pid": pid, "started_at_us": now_us()}
    stop = Event()
    thread = Thread(target=_keep, args=(path, about, database, stop), name="figures", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def runs(data: Path, now_boot_us: int, this_boot: str) -> list[Run]:
    """The processes that run, by service; one that was killed is among them for up to a minute at most."""
    found = [run for path in _files(data) if (run := _read(path)) and is_fresh(run, now_boot_us, this_boot)]
    return sorted((run for run in found if _lives(run)), key=lambda run: (run["service"], run["started_at_us"]))


def is_fresh(run: Run, now_boot_us: int, this_boot: str) -> bool:
    """Whether its process wrote this within a minute, since this boot of the host."""
    return bool(run["boot_id"] == this_boot and now_boot_us - run["boot_us"] <= _FRESH_US)


def sweep(data: Path, now_boot_us: int, this_boot: str) -> None:
    """Remove the files, and drafts, of processes that are gone."""
    for path in _files(data, "*.json*"):
        run = _read(path)
        if run is None or not is_fresh(run, now_boot_us, this_boot) or not _lives(run):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _keep(path: Path, about: Run, database: Database, stop: Event) -> None:
    while True:
        figures = asdict(database.watch.figures())
        _write(path, {**about, "boot_id": boot_id(), "boot_us": boot_us(), "database": figures})
        if stop.wait(_WRITE_SECONDS):
            return


def _write(path: Path, run: Run) -> None:
    draft = path.with_name(f"{path.name}.partial")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(run), encoding="utf-8")
        draft.replace(path)


def _files(data: Path, pattern: str = "*.json") -> list[Path]:
    return sorted((data / _DIRECTORY).glob(pattern))


def _read(path: Path) -> Run | None:
    """None if it is gone, or not what a process writes."""
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        int(run["pid"]), int(run["boot_us"]), int(run["started_at_us"]), run["database"]["slowest"]
    except (OSError, ValueError, TypeError, LookupError):
        return None
    return run if all(isinstance(run.get(name), str) for name in ("service", "host", "boot_id")) else None


def _lives(run: Run) -> bool:
    """Whether its process exists; that of another container can't be seen from here."""
    if run["host"] != socket.gethostname():
        return True
    try:
        os.kill(run["pid"], 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
