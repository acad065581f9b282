"""One writer of a backup directory at a time: the keeper, a command, a cron job of the host."""

import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from shared.errors import RetryError, StopError

_NAME = ".lock"
_LOOK_SECONDS = 0.1


class BackupsBusyError(RetryError):
    """Another process writes the backups."""


@contextmanager
def writing_backups(root: Path, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock; the system lets go of it when the process ends, however it does.

    BackupsBusyError, which says who has it, if it is not free within `wait_seconds`; StopError where nothing can be
    written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(root / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise StopError(f"can't write to {root}: {error.strerror}: see whose directory it is (paths.backups)") from None
    try:
        _take(descriptor, root, time.monotonic() + wait_seconds)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, root: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = os.pread(descriptor, 1_000, 0).decode("utf-8", "replace").strip() or "another process"
                raise BackupsBusyError(
                    f"the backups in {root} are being written by {holder}; try again later"
                ) from None
            time.sleep(_LOOK_SECONDS)
        else:
            _say_who(descriptor)
            return


def _say_who(descriptor: int) -> None:
    """Only a courtesy to whoever waits: on a full disk the lock holds all the same."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    told = f"{_program()} (process {os.getpid()} on {socket.gethostname()}) since {now}\n"
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, told.encode(), 0)
    except OSError:
        return


def _program() -> str:
    """`chandler`, or of `python -m keeper` the package."""
    path = Path(sys.argv[0] if sys.argv else "")
    return path.parent.name if path.name == "__main__.py" else path.name or "python"
