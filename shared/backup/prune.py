"""Letting go of backups that need not be kept, and of what only they needed."""

from contextlib import suppress
from pathlib import Path

from shared.backup.check import is_whole, read_fulls
from shared.backup.files import remove_unneeded
from shared.backup.keep import surplus
from shared.backup.lock import writing_backups
from shared.backup.manifest import Backup, Full, Increment, read_manifest
from shared.backup.place import full_path, increment_path, increments_in, manifest_path
from shared.errors import RepairError

_WAIT_SECONDS = 60.0


def let_go(root: Path, days: int) -> list[Path]:
    """Remove what `keep.surplus` says, and return it. A manifest that can't be believed keeps what it may need."""
    with writing_backups(root, _WAIT_SECONDS):
        fulls, damaged = read_fulls(root)
        increments, unread = _increments(root)
        gone = surplus(fulls, increments, days, lambda full: is_whole(root, full))
        paths = [_path(root, backup) for backup in gone]
        for path in paths:
            _remove(path)
        if not damaged and not unread:
            remove_unneeded(root, [each for each in (*fulls, *increments) if each not in gone])
    return paths


def _increments(root: Path) -> tuple[list[Increment], int]:
    found, unread = [], 0
    for path in increments_in(root):
        try:
            found.append(read_manifest(Increment, manifest_path(path)))
        except RepairError:
            unread += 1
    return found, unread


def _path(root: Path, backup: Backup) -> Path:
    return full_path(root, backup.taken_at_us) if isinstance(backup, Full) else increment_path(root, backup.stamp_us)


def _remove(path: Path) -> None:
    """The manifest first: without it the rest counts no more."""
    manifest_path(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    with suppress(OSError):  # a directory that still holds something stays
        for directory in list(path.parents)[:3]:
            directory.rmdir()
