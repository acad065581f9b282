"""The directory a demo keeps its database and logs in."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import StopError

_MARK = ".chandler-demo"


@contextmanager
def demo_place(directory: Path, *, fresh: bool) -> Iterator[Path]:
    """The directory, made if need be and ours alone while the `with` block runs; emptied first if `fresh`.

    StopError if it holds something that no demo put there, or if another demo is running in it: a demo must
    never touch a real database.
    """
    place = directory.resolve()
    mark = place / _MARK
    if place.exists() and not mark.exists() and any(place.iterdir()):
        raise StopError(f"{place} is not a demo's directory (it has no {_MARK}): name another one with --data")
    place.mkdir(parents=True, exist_ok=True)
    with mark.open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StopError(f"another demo is running in {place}: end it, or name another place with --data") from None
        if fresh:
            _empty(place)
        (place / "logs").mkdir(exist_ok=True)
        yield place


def _empty(place: Path) -> None:
    for entry in place.iterdir():
        if entry.name == _MARK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
