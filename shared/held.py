"""A lock file that one process at a time holds; the system lets go of it when the process ends, however it does."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOOK_SECONDS = 0.1


class TakenError(Exception):
    """Another process holds it; `holder` is what that one said of itself, empty if nothing."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


@contextmanager
def held(path: Path, who: str = "", wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock at `path`, which is made; `who` is told to those who find it taken.

    TakenError if it is not free within `wait_seconds`, OSError where it can't be opened for writing.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        _take(descriptor, time.monotonic() + wait_seconds)
        if who:
            with suppress(OSError):  # only a courtesy: on a full disk the lock holds all the same
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, who.encode(), 0)
        yield
    finally:
        os.close(descriptor)


def holder(path: Path) -> str | None:
    """What the process that holds the lock says of itself; None if nobody does. It is not taken, nor made."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _told(descriptor)
    finally:
        os.close(descriptor)
    return None


def _take(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise TakenError(_told(descriptor)) from None
            time.sleep(_LOOK_SECONDS)
        else:
            return


def _told(descriptor: int) -> str:
    return os.pread(descriptor, 1_000, 0).decode("utf-8", "replace").strip()
