"""One writer of a backup directory at a time: the keeper, a command, a cron job of the host."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from shared.errors import RetryError, StopError
from shared.held import TakenError, held

_NAME = ".lock"


class BackupsBusyError(RetryError):
    """Another process writes the backups."""


@contextmanager
def writing_backups(root: Path, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock; the system lets go of it when the process ends, however it does.

    BackupsBusyError, which says who has it, if it is not free within `wait_seconds`; StopError where nothing can be
    written.
    """
    since = datetime.now(UTC).isoformat(timespec="seconds")
    who = f"{_program()} (process {os.getpid()} on {socket.gethostname()}) since {since}"
    with ExitStack() as stack:
        try:
            root.mkdir(parents=True, exist_ok=True)
            stack.enter_context(held(root / _NAME, who, wait_seconds))
        except TakenError as error:
            holder = error.holder or "another process"
            raise BackupsBusyError(f"the backups in {root} are being written by {holder}; try again later") from None
        except OSError as error:
            raise StopError(
                f"can't write to {root}: {error.strerror}: see whose directory it is (paths.backups)"
            ) from None
        yield


def _program() -> str:
    """`chandler`, or of `python -m keeper` the package."""
    path = Path(sys.argv[0] if sys.argv else "")
    return path.parent.name if path.name == "__main__.py" else path.name or "python"
