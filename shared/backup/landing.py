"""Putting a restored database in its place: never over one that a process holds, and never without a copy of it."""

import os
from contextlib import closing
from pathlib import Path
from typing import Any

from shared.backup.place import named
from shared.database.sqlite import library
from shared.database.upkeep import sync_directory
from shared.errors import StopError
from shared.upkeep.alone import holder, keeper_lock

_MAGIC = b"SQLite format 3\0"
_BESIDE = ("-wal", "-shm", "-journal")


def require_free(target: Path, *, force: bool) -> None:
    """StopError if there is a database that is not to be replaced, or that a process holds."""
    if not target.parent.is_dir():
        raise StopError(f"there is no directory {target.parent}: create it first")
    if not any(path.exists() for path in (target, *_beside(target))):
        return
    if not force:
        raise StopError(f"{target} exists: restore to another path, or replace it with --force (a copy of it is kept)")
    if keeper := holder(keeper_lock(target)):
        raise StopError(f"{target} is in use: a keeper runs ({keeper}). Stop all services first")
    if _is_database(target):
        _close_down(target)


def land(draft: Path, target: Path, now_us: int, *, force: bool) -> Path | None:
    """Give the draft, which is on disk, its name; returns where the database is that stood there, if one did."""
    require_free(target, force=force)
    kept = None
    if target.exists():
        kept = _free_name(target.with_name(f"{target.name}.before-{named(now_us)}"))
        os.link(target, kept)
    for path in filter(Path.exists, _beside(target)):  # of a database too damaged to be closed
        path.replace(
            _free_name(target.with_name(f"{target.name}.before-{named(now_us)}{path.name[len(target.name) :]}"))
        )
    sync_directory(target.parent)
    draft.replace(target)
    sync_directory(target.parent)
    return kept


def _close_down(target: Path) -> None:
    """Have all of a database in its one file; StopError if a process holds it. One that is damaged stays as it is."""
    errors = library()
    try:
        with closing(errors.connect(target, isolation_level=None, timeout=0)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode = DELETE")
    except errors.DatabaseError as error:
        if _is_held(error):
            raise StopError(f"{target} is in use by another process: stop all services first") from None


def _is_database(target: Path) -> bool:
    """Of anything else SQLite would delete the WAL as soon as it opened it."""
    if not target.exists():
        return False
    with target.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _is_held(error: Any) -> bool:
    return "locked" in str(error) or "busy" in str(error)


def _beside(target: Path) -> list[Path]:
    return [target.with_name(target.name + suffix) for suffix in _BESIDE]


def _free_name(path: Path) -> Path:
    number = 0
    while (free := path.with_name(path.name + (f".{number}" if number else ""))).exists():
        number += 1
    return free
