"""Putting the archive's files back that a restored database needs, from the copies beside the backups."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from shared.archive.manifest import file_digest
from shared.backup.chain import Stored
from shared.backup.files import Needed
from shared.backup.manifest import Backup
from shared.backup.place import draft_path, file_path
from shared.backup.plan import Plan
from shared.database.upkeep import sync, sync_directory


def put_back(root: Path, archive: Path, needed: Iterable[Needed], way: Plan) -> tuple[int, tuple[str, ...]]:
    """Put what is not there into the archive; returns how many files, and the paths of those that can't be had.

    A file that is there stays, whatever it holds: `chandler archive verify` tells whether it is the one that is needed.
    """
    used: list[Stored[Backup]] = [way.full, *way.links]
    known = {file.path: file.sha256 for each in used for file in each.manifest.files}
    put, lacking = 0, []
    for want in needed:
        target = archive / want.path
        if target.exists():
            continue
        copy = file_path(root, want.sha256 or known.get(want.path, "none"))
        if copy.exists() and file_digest(copy) == copy.name:
            _put(copy, target)
            put += 1
        else:
            lacking.append(want.path)
    return put, tuple(lacking)


def _put(copy: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = draft_path(target)
    try:
        shutil.copyfile(copy, draft)
        sync(draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    sync_directory(target.parent)
