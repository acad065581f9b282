"""One keeper works at a time: it holds a lock beside the database, and any other stands by.

The system lets go of the lock when its process ends, however it does, so nothing has to be tidied up after a kill.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shared.errors import RetryError, StopError


class Busy(RetryError):  # noqa: N818 - it is no failure: the other one works
    """Another keeper works."""


def keeper_lock(database: Path) -> Path:
    """The lock of whoever looks after this database file."""
    return database.with_name("keeper.lock")


@contextmanager
def alone(path: Path, who: str) -> Iterator[None]:
    """Hold the lock; `who` is told to those who find it taken. Busy while another process has it."""
    descriptor = _open(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"another keeper works: {_told(descriptor)}") from None
        with suppress(OSError):  # only a courtesy: on a full disk the lock holds all the same
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, who.encode(), 0)
        yield
    finally:
        os.close(descriptor)


def holder(path: Path) -> str | None:
    """Who holds the lock, in that process's own words; None if nobody does. It is not taken, nor made."""
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


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise StopError(f"can't hold {path}: {error.strerror}; the data directory has to be writable") from None


def _told(descriptor: int) -> str:
    return os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or "it does not say which"
