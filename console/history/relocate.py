"""`chandler history relocate`: the archive into another directory, before and after the configuration says so."""

from pathlib import Path

from console import words
from console.history.place import place_of
from shared.archive.relocate import relocate as archive_relocate
from shared.config import Settings
from shared.errors import StopError


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
        moved, kept = archive_relocate(place.database, source, into, remove=origin is not None)
    for month in kept:
        print(f"{month} differs from the month that is at the new place, and the database knows neither: look at both")
    print(f"{words.several(len(moved), 'month')} of {source} stand in {into}, each checked")
    if origin is None:
        print(f'now set paths.archive = "{into}" for all services, restart them, and remove what stayed behind with')
        print(f"chandler history relocate --from {source}")
    return 1 if kept else 0
