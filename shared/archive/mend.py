"""Mending what a verification found: bad files are put aside, never deleted; what can be had again is made anew."""

from pathlib import Path

from shared.archive.adopt import adopt
from shared.archive.encoding import read_scales, read_table
from shared.archive.lock import writing_archive
from shared.archive.manifest import Manifest, file_digest, read_contents, write_manifest
from shared.archive.place import Month, manifest_file
from shared.archive.seal import frozen_sums, put_manifest, seal
from shared.archive.sums import freeze, write_sums
from shared.archive.verify import FILE, LOST, MANIFEST, OPEN, STRANGE, UNKNOWN, Problem, look_at
from shared.candles.months import archived_month, drop_month, outdate
from shared.database import Database
from shared.database.upkeep import sync
from shared.errors import RepairError
from shared.market import Series

_ASIDE = ".damaged"


def mend(database: Database, root: Path, problem: Problem, now_us: int) -> str:  # noqa: PLR0911 - one line a kind
    """Do what can be done about a problem, and say what that was.

    RepairError if candles were in the file alone: `forget` lets them be fetched anew. Until then whoever reads the
    month is told so, and never shown less than there was.
    """
    if problem.kind == MANIFEST:
        return _write_manifest_anew(root, problem.path)
    if problem.kind == OPEN and problem.series:
        return _freeze_anew(root, problem.path, problem.series)
    if problem.kind == UNKNOWN and problem.series and problem.month:
        return _reconcile(database, root, problem.series, problem.month, now_us)
    with writing_archive(root):
        if problem.kind in {FILE, LOST} and problem.path.exists() and _is_whole(database, root, problem.path):
            return "nothing is wrong with it any more"
        aside = _put_aside(problem.path)
        if problem.kind == STRANGE or problem.series is None or problem.month is None:
            return f"put aside as {aside}"
        is_known = _let_go(database, problem.path, problem.series, problem.month)
    if not is_known:
        return f"put aside as {aside}; the database knows nothing of it"
    seal(database, root, problem.series, problem.month, now_us)
    return "written anew from the table" + (f"; the old one is {aside}" if aside else "")


def _freeze_anew(root: Path, path: Path, series: Series) -> str:
    with writing_archive(root):
        freeze(path)
        write_sums(path.parent, frozen_sums(root, series))
    return "made read-only again, and its checksum written beside it"


def _is_whole(database: Database, root: Path, path: Path) -> bool:
    """Since it was looked at it may have been written anew, and be the only copy by now; under the lock it may not."""
    found = look_at(database, root, path)
    return found is None or found.kind != FILE


def _let_go(database: Database, path: Path, series: Series, month: Month) -> bool:
    """Have the database forget a file that is not there any more; False if it never knew it."""
    with database.write() as connection:
        state = archived_month(connection, series, month.start)
        if state is not None and state.is_pruned:
            raise RepairError(
                f"{month} of {series}: {state.pruned_rows} candles were in {path} alone: put the file back from"
                " a copy, or let `chandler archive verify --repair --refetch` have them fetched again"
            )
        if state is not None:
            drop_month(connection, series, month.start)
    return state is not None


def _reconcile(database: Database, root: Path, series: Series, month: Month, now_us: int) -> str:
    """A whole file that is not the one that the database knows: an older database was put back, or a new one made."""
    with database.write() as connection:
        state = archived_month(connection, series, month.start)
        if state is not None and state.is_pruned:
            outdate(connection, series, month.start, month.start)  # so that it is joined with what the table has
    if state is not None and state.is_sealed:
        seal(database, root, series, month, now_us)
        return "joined with the table, and written anew" if state.is_pruned else "written anew from the table"
    if adopt(database, root, series, month, now_us):
        return "taken over: the database knows its candles and their coverage now"
    return "left: the table has a part of the month itself, and the keeper will seal that once it is complete"


def _write_manifest_anew(root: Path, path: Path) -> str:
    with writing_archive(root):
        _, footer = read_table(path)
        contents = read_contents(path, footer)
        manifest = Manifest(
            **contents.model_dump(),
            bytes=path.stat().st_size,
            sha256=file_digest(path),
            encoding=read_scales(path),
        )
        place = manifest_file(path)
        draft = place.with_name(f".{place.name}.part")
        write_manifest(draft, manifest)
        sync(draft)
        put_manifest(draft, place)
        sync(place.parent)
    return "its manifest was written anew from the file's own footer"


def _put_aside(path: Path) -> Path | None:
    """Rename a file, and the manifest beside it, so that nobody reads it; what was put aside before stays."""
    target = None
    for place in dict.fromkeys((path, manifest_file(path))):
        if place.exists():
            number = sum(1 for _ in place.parent.glob(f"{place.name}{_ASIDE}*"))
            aside = place.with_name(f"{place.name}{_ASIDE}{number or ''}")
            place.replace(aside)
            target = target or aside
    if target:
        sync(path.parent)
    return target
