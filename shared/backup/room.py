"""Room on the disk of the backups: looked for before anything is written, and named when it is what was missing."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import ChandlerError, RetryError

#: Besides the copy of the database: what is compressed of it, if that is very little use.
_SHARE = 1.3
#: A disk with less than this left is full.
_NOTHING = 256 * 1024


def require_room(root: Path, database: Path) -> None:
    """RetryError unless a copy of the database and the backup made of it fit: others write to that disk, too."""
    wal = database.with_name(f"{database.name}-wal")
    needed = int(_SHARE * (database.stat().st_size + (wal.stat().st_size if wal.exists() else 0)))
    free = shutil.disk_usage(root).free
    if free < needed:
        raise RetryError(
            f"no space left in {root} for a backup: it takes {needed / 1e6:.0f} MB for a while, {free / 1e6:.0f} MB are"
            " free: free some disk, or set paths.backups to another; the older backups are untouched"
        )


@contextmanager
def told(root: Path) -> Iterator[None]:
    """Whatever a disk that is full, or not ours, raises becomes a RetryError that says so."""
    try:
        yield
    except OSError as error:
        raise RetryError(
            f"can't write the backup to {root}: {error.strerror or error}: free some disk, or see whose directory it is"
            " (paths.backups); the older backups are untouched"
        ) from error
    except ChandlerError as error:
        if shutil.disk_usage(root).free > _NOTHING:
            raise
        raise RetryError(
            f"no space left in {root} for a backup: free some disk; the older backups are untouched ({error})"
        ) from error
