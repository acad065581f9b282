"""Giving a finished draft its name: first the content, on disk, then the manifest that makes it count."""

import time
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree

from shared.backup.manifest import Backup, manifest_text
from shared.backup.place import draft_path, manifest_path
from shared.database.upkeep import sync, sync_directory

#: Whoever verifies holds no lock, and is done by then.
_ABANDONED_SECONDS = 24 * 3_600


def publish(root: Path, draft: Path, path: Path, manifest: Backup, each_step: Callable[[], None]) -> None:
    """Put both in their place under `root`; `each_step` is called before everything that reaches the disk.

    Whoever is killed in between leaves a file that no manifest vouches for: the next writer sweeps it away.
    """
    each_step()
    sync(draft)
    each_step()
    draft.replace(path)
    each_step()
    sync_directory(path.parent)
    put_text(manifest_path(path), manifest_text(manifest), each_step)
    day = path.parent.relative_to(root)
    for directory in (day, *day.parents):
        each_step()
        sync_directory(root / directory)


def put_text(path: Path, text: str, each_step: Callable[[], None] = lambda: None) -> None:
    """Write a small file so that it is there whole or not at all."""
    draft = draft_path(path)
    try:
        each_step()
        draft.write_text(text, encoding="utf-8")
        each_step()
        sync(draft)
        each_step()
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def discard(draft: Path) -> None:
    """Remove a draft, and what SQLite put beside it if it is a database."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def sweep(root: Path) -> None:
    """Remove what killed processes left: drafts, and backups without a manifest. For whoever holds the lock."""
    for draft in root.glob("????/??/??/.*.partial*"):
        draft.unlink(missing_ok=True)
    for draft in root.glob("files/??/.*.partial"):
        draft.unlink(missing_ok=True)
    for scratch in root.glob(".verify-*"):
        if time.time() - scratch.stat().st_mtime > _ABANDONED_SECONDS:
            rmtree(scratch, ignore_errors=True)
    for path in root.glob("????/??/??/*.zst"):
        if not manifest_path(path).exists():
            path.unlink(missing_ok=True)
