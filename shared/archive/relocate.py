"""The archive into another directory: each file checked, and never missing in between."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from shared.archive.lock import writing_archive
from shared.archive.manifest import file_digest
from shared.archive.place import TABLES, manifest_file
from shared.candles.months import archived_months, archived_series
from shared.database import Database
from shared.database.upkeep import sync
from shared.errors import RetryError

_MONTHS = "*/*/*/*/*.parquet"
#: Rows of other tables (shared.tiers).
_ROWS = f"{TABLES}/*/*/[!.]*"


def relocate(database: Database, source: Path, into: Path, *, remove: bool) -> tuple[list[Path], list[Path]]:
    """Copy all months of an archive, and `remove` them where they were; can be interrupted and repeated.

    Returns the months that stand at the new place, and those that stay because another one of the name is there and
    the database knows neither. RetryError while a keeper writes to either.
    """
    known = _checksums(database)
    with ExitStack() as locks:
        for root in (source, into):
            locks.enter_context(writing_archive(root))
            locks.enter_context(writing_archive(root / TABLES))
        months = sorted([*source.glob(_MONTHS), *source.glob(_ROWS)])
        kept = [month for month in months if not _copied(month, into / month.relative_to(source), known)]
        moved = [month for month in months if month not in kept]
        if remove:
            _remove(source, moved)
    return moved, kept


def _checksums(database: Database) -> set[str]:
    with database.read() as connection:
        return {month.sha256 for series in archived_series(connection) for month in archived_months(connection, series)}


def _copied(month: Path, target: Path, known: set[str]) -> bool:
    """Have the month at its new place; False if another one is there and the database knows neither."""
    ours = file_digest(month)
    theirs = file_digest(target) if target.exists() else None
    if theirs not in {ours, None} and ours not in known:
        return theirs in known
    files = (month, manifest_file(month)) if theirs != ours else (manifest_file(month),)
    for place in files:
        if place.exists():
            _copy(place, target.with_name(place.name))
    return True


def _copy(file: Path, target: Path) -> None:
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, unfinished)  # what is read-only stays so
        sync(unfinished)
        if file_digest(unfinished) != file_digest(file):
            raise RetryError(f"{unfinished} does not read back as {file}: check both disks; nothing was removed")
        unfinished.replace(target)
        sync(target.parent)
    except OSError as error:
        raise RetryError(f"can't write {target}: {error.strerror}; nothing was removed, try again") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _remove(source: Path, months: list[Path]) -> None:
    for month in months:
        manifest_file(month).unlink(missing_ok=True)
        month.unlink()
    for directory in _below(source):
        if not any(directory.iterdir()):
            directory.rmdir()


def _below(directory: Path) -> Iterator[Path]:
    """The directories below, deepest first."""
    return iter(sorted((path for path in directory.rglob("*") if path.is_dir()), reverse=True))
