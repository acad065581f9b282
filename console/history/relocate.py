"""`chandler history relocate`: the archive into another directory, each file checked, and never missing in between."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from console import words
from console.history.place import place_of
from shared.archive.lock import writing_archive
from shared.archive.manifest import file_digest, sync
from shared.archive.place import manifest_file
from shared.candles.months import archived_months, archived_series
from shared.config import Settings
from shared.database import Database
from shared.errors import RetryError, StopError

_MONTHS = "*/*/*/*/*.parquet"


def relocate(settings: Settings, target: Path | None, origin: Path | None) -> int:
    """Copy all months of the configured archive to `target`; or move what is still in `origin` into the configured one.

    The first is done before `paths.archive` is changed, the second afterwards: so readers find every month at any time.
    Both can be interrupted and repeated. RetryError while a keeper writes the archive, StopError without a place to go.
    """
    archive = settings.paths.archive
    source, into = (archive, target) if origin is None else (origin, archive)
    if into is None or source.resolve() == into.resolve():
        raise StopError("say where to: a directory other than paths.archive, or --from with the one it was before")
    with place_of(settings) as place:
        known = _checksums(place.database)
    with writing_archive(source), writing_archive(into):
        months = sorted(source.glob(_MONTHS))
        kept = [month for month in months if not _copied(month, into / month.relative_to(source), known)]
        moved = [month for month in months if month not in kept]
        if origin is not None:
            _remove(source, moved)
    for month in kept:
        print(f"{month} differs from the month that is at the new place, and the database knows neither: look at both")
    print(f"{words.several(len(moved), 'month')} of {source} stand in {into}, each checked")
    if origin is None:
        print(f'now set paths.archive = "{into}" for all services, restart them, and remove what stayed behind with')
        print(f"chandler history relocate --from {source}")
    return 1 if kept else 0


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
        shutil.copyfile(file, unfinished)
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
