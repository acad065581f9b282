"""Backups: `YYYY/MM/DD/trading-YYYYMMDDTHHMMSSZ.db`, each a whole database that any SQLite opens."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.database.upkeep import copy_to, sync_directory

_STAMP = "%Y%m%dT%H%M%SZ"
_DRAFT_SUFFIX = ".partial"


def backup_path(root: Path, now: datetime) -> Path:
    """Where the backup of this moment goes."""
    now = now.astimezone(UTC)
    return root / now.strftime("%Y/%m/%d") / f"trading-{now.strftime(_STAMP)}.db"


def taken_at(backup: Path) -> datetime:
    """When a backup was taken, by its name."""
    stamp = backup.stem.removeprefix("trading-")
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)


def backups_in(root: Path) -> list[Path]:
    """The finished backups, oldest first."""
    return sorted(root.glob("????/??/??/trading-????????T??????Z.db"), key=lambda path: path.name)


def surplus(backups: Iterable[Path], keep: int, good: Path) -> list[Path]:
    """Those beyond the newest `keep`, oldest first; never `good`, the one just checked, whatever the clock did."""
    oldest_first = sorted((path for path in backups if path != good), key=lambda path: path.name)
    return oldest_first[: max(0, len(oldest_first) - (keep - 1))]


def is_due(backups: Iterable[Path], now: datetime, next_after: Callable[[datetime], datetime | None]) -> bool:
    """Whether a backup should have been taken since the newest one; `next_after` is the timetable.

    Names from the future, left by a clock that was wrong, do not count.
    """
    newest = max((at for at in map(taken_at, backups) if at <= now), default=None)
    if newest is None:
        return True
    due = next_after(newest)
    return due is not None and due <= now


def take_backup(
    database: Path, root: Path, keep: int, now: datetime, each_step: Callable[[], None] = lambda: None
) -> Path:
    """Copy the database, check the copy, give it its name, and only then let go of old ones; returns the new one.

    Under its final name a backup is whole. What is raised leaves no file behind and no old backup touched.
    """
    target = backup_path(root, now)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}{_DRAFT_SUFFIX}")
    try:
        copy_to(database, draft, each_step)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    for directory in (target.parent, *target.parent.relative_to(root).parents):
        sync_directory(root / directory)
    _let_go(surplus(backups_in(root), keep, good=target))
    _sweep(root, now)
    return target


def _let_go(backups: Iterable[Path]) -> None:
    for backup in backups:
        backup.unlink(missing_ok=True)
        with suppress(OSError):  # a directory that still holds something stays
            for directory in list(backup.parents)[:3]:
                directory.rmdir()


def _sweep(root: Path, now: datetime) -> None:
    """Remove drafts that a killed process left; a day is longer than any copy takes."""
    for draft in root.glob(f"????/??/??/.trading-*{_DRAFT_SUFFIX}*"):
        with suppress(OSError):
            if now.timestamp() - draft.stat().st_mtime > timedelta(days=1).total_seconds():
                draft.unlink()
