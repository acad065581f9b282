"""Copies of the archive's files whose rows the database has no more: a backup without them would not be whole.

They are named by their content and kept once, however many backups need them.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from shared.archive.place import Month, manifest_file, month_file
from shared.backup.manifest import ArchiveFile, Backup
from shared.backup.place import draft_path, file_path
from shared.database.upkeep import sync, sync_directory
from shared.market import Series


class Needed(NamedTuple):
    """A file that the database relies on, by its path in the archive; "" where the database knows no SHA-256."""

    path: str
    sha256: str


def needed_files(connection: Any) -> list[Needed]:
    """The files of the archive that hold what the database, seen by a driver's connection, does not."""
    months = connection.execute(
        "SELECT exchange, symbol, timeframe, start, sha256 FROM archive_months WHERE pruned_until > start"
        " ORDER BY exchange, symbol, timeframe, start"
    )
    found = []
    for exchange, symbol, timeframe, start, sha256 in months:
        path = month_file(Path(), Series(exchange, symbol, timeframe), Month.of(start))
        found += [Needed(path.as_posix(), sha256), Needed(manifest_file(path).as_posix(), "")]
    tiers = connection.execute("SELECT path, sha256 FROM tier_files ORDER BY path")
    return found + [Needed(*row) for row in tiers]


def copy_files(
    root: Path, archive: Path, needed: Iterable[Needed], each_step: Callable[[], None]
) -> tuple[tuple[ArchiveFile, ...], tuple[str, ...]]:
    """Have a copy of each beside the backups; returns those, and the paths of such as could not be read whole."""
    files, lacking = [], []
    for want in needed:
        each_step()
        file = _copied(root, archive, want)
        if file is None:
            lacking.append(want.path)
        else:
            files.append(file)
    return tuple(files), tuple(lacking)


def _copied(root: Path, archive: Path, want: Needed) -> ArchiveFile | None:
    if want.sha256 and (there := file_path(root, want.sha256)).exists():
        return ArchiveFile(path=want.path, bytes=there.stat().st_size, sha256=want.sha256)
    try:
        source = (archive / want.path).open("rb")
    except OSError:
        return None
    with source:
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        if want.sha256 not in {"", sha256}:
            return None
        target = file_path(root, sha256)
        if not target.exists():
            source.seek(0)
            _put(source, target)
        return ArchiveFile(path=want.path, bytes=target.stat().st_size, sha256=sha256)


def _put(source: Any, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = draft_path(target)
    try:
        with draft.open("wb") as writer:
            shutil.copyfileobj(source, writer, 1 << 20)
        sync(draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    for directory in (target.parent, target.parent.parent, target.parent.parent.parent):
        sync_directory(directory)


def remove_unneeded(root: Path, kept: Iterable[Backup]) -> int:
    """Remove the copies that none of the kept backups names; returns how many. For whoever holds the lock."""
    needed = {file.sha256 for backup in kept for file in backup.files}
    surplus = [path for path in root.glob("files/??/*") if path.name not in needed]
    for path in surplus:
        path.unlink(missing_ok=True)
    return len(surplus)
