"""One writer an archive: whoever writes months, takes rows out of the table or mends holds a lock on its directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import RetryError, StopError

_NAME = ".lock"


class ArchiveBusyError(RetryError):
    """Another process writes the archive: a second keeper, or a command."""


@contextmanager
def writing_archive(root: Path) -> Iterator[None]:
    """Hold the lock; the system lets go of it when the process ends, however it does.

    ArchiveBusyError while another process has it, StopError where nothing can be written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(root / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise StopError(f"can't write the archive {root}: {error.strerror}; see paths.archive") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArchiveBusyError(
                f"another process writes the archive {root}: a keeper, or a `chandler archive` command; try again later"
            ) from None
        yield
    finally:
        os.close(descriptor)
