"""`chandler restore`: the database as it stood at an instant, and which instants can be had."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from console import words
from console.candles.tables import size
from console.tables import plain_table
from shared.backup.chain import Stored
from shared.backup.increment import take_increment
from shared.backup.manifest import Backup, Full
from shared.backup.plan import Recoverable, moment, recoverable
from shared.backup.restore import Restored, restore
from shared.clock import now_us
from shared.config import Settings
from shared.database import open_database, require_schema
from shared.database.upkeep import database_file
from shared.errors import ChandlerError, ConfigError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Of digits alone: seconds, milliseconds or microseconds, told by how many they are.
_SINCE_EPOCH = {10: 1_000_000, 13: 1_000, 16: 1}
_WAIT_SECONDS = 60.0
_NAME = "trading.db"
_WIDE = 110


def instant(text: str, option: str = "--at") -> int:
    """Microseconds UTC of `2026-11-20T12:00:00.123Z`, any other offset, or digits since 1970; ConfigError else."""
    if re.fullmatch(r"\d+", text) and len(text) in _SINCE_EPOCH:
        return int(text) * _SINCE_EPOCH[len(text)]
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or text.strip().isdigit():
        raise ConfigError(
            f"{option} {text}: write an instant with its offset, as 2026-11-20T12:00:00.123Z or"
            " 2026-11-20T13:00:00+01:00, or seconds, milliseconds or microseconds since 1970"
        )
    return (found - _EPOCH) // timedelta(microseconds=1)


def restore_now(
    settings: Settings,
    at: str | None,
    to: Path,
    archive: Path | None,
    timeline: str | None,
    *,
    force: bool,
    check: bool = True,
) -> int:
    """Restore, and say what was made; 1 if its checks found something, or no copy of a file of the archive is there."""
    at_us = None if at is None else instant(at)
    if to.is_dir():
        to, archive = to / _NAME, archive or to / "archive"
    root = settings.paths.backups
    if at_us is not None:
        _catch_up(settings, at_us, timeline)
    made = restore(
        root,
        at_us,
        to,
        now_us(),
        timeline=timeline,
        archive=archive,
        force=force,
        check=check,
        wait_seconds=_WAIT_SECONDS,
    )
    _tell(made, archive, check=check)
    return 1 if made.problems or made.lacking else 0


def list_restorable(settings: Settings, *, as_json: bool) -> int:
    """What can be restored; 1 if a backup is damaged."""
    found = recoverable(settings.paths.backups)
    if as_json:
        print(json.dumps(_json(found), indent=2))
    else:
        _show(found, settings.paths.backups)
    return 1 if found.problems else 0


def _catch_up(settings: Settings, at_us: int, timeline: str | None) -> None:
    """What the backups don't hold yet may be in the live database: an increment is taken of it."""
    held = recoverable(settings.paths.backups).ranges
    if held and at_us <= max(each.until_us for each in held):
        return
    if at_us > now_us() or timeline is not None or not _is_there(settings):
        return
    print("the backups don't reach that far: taking an increment of the live database first")
    database = open_database(settings.database_url(), "full", settings.database.busy_timeout_ms, readers=1)
    try:
        require_schema(database)
        take_increment(database, settings.paths.backups, settings.paths.archive, now_us(), wait_seconds=_WAIT_SECONDS)
    except ChandlerError as error:
        print(f"that did not work: {error}")
    finally:
        database.close()


def _is_there(settings: Settings) -> bool:
    try:
        return database_file(settings.database_url()).exists()
    except ConfigError:
        return False


def _tell(made: Restored, archive: Path | None, *, check: bool) -> None:
    links = f" and {words.several(made.links, 'increment')}" if made.links else ""
    print(f"{made.path}: the database as of {moment(made.at_us)}")
    print(f"  from {made.full}{links}, {words.several(made.changes, 'change')} carried over")
    if made.kept:
        print(f"  the database that was there: {made.kept}")
    if archive and made.files:
        print(f"  {words.several(made.files, 'file')} put into {archive}")
    for path in made.lacking:
        print(f"  no copy of {archive}/{path}: what was in it alone is missing")
    for table in made.as_of_full:
        print(f"  {table}: as of the full backup, not of that instant: the change log does not know this table")
    for problem in made.problems:
        print(f"  PROBLEM: {problem}")
    if not check:
        print("  its checksums are right; its pages, references and books were not looked at (`chandler doctor` does)")
    elif not made.problems:
        print("  its pages, its references and its books are whole")
    print("`python schema.py` makes it ready for the services; its next backup is a full one, on a timeline of its own")


def _show(found: Recoverable, root: Path) -> None:
    several = len({each.timeline for each in found.ranges}) > 1
    for each in found.ranges:
        print(f"can be restored: {each}" + (f", timeline {each.timeline[:8]}" if several else ""))
        for after, until in each.told_twice:
            print(f"  but not after {moment(after)} up to {moment(until)}: the clock told these instants twice")
    if not found.ranges:
        there = "" if root.is_dir() else " (no such directory here; in containers the keeper's has it)"
        print(f"nothing can be restored from {root}{there}: `chandler backup` takes a backup")
    every: list[Stored[Backup]] = [*found.fulls, *found.increments]
    if every:
        terminal = Console()
        terminal.print(_table(every, terminal.width))
    for problem in found.problems:
        print(f"DAMAGED: {problem}")


def _table(every: Sequence[Stored[Backup]], width: int) -> Table:
    """On a narrow terminal without the file, whose name says no more."""
    headings = ("kind", "up to (UTC)", ">size", "timeline", "file")
    shown = len(headings) if width >= _WIDE else len(headings) - 1
    table = plain_table(*headings[:shown])
    for each in sorted(every, key=lambda one: one.manifest.stamp_us):
        it = each.manifest
        kind = "full" if isinstance(it, Full) else "increment"
        cells = (kind, moment(it.stamp_us), size(it.bytes), it.timeline[:8], each.path.name)
        table.add_row(*cells[:shown])
    return table


def _json(found: Recoverable) -> dict[str, Any]:
    return {
        "ranges": [
            {**each._asdict(), "since": moment(each.since_us), "until": moment(each.until_us)} for each in found.ranges
        ],
        "fulls": [_backup_json(each) for each in found.fulls],
        "increments": [_backup_json(each) for each in found.increments],
        "problems": found.problems,
    }


def _backup_json(stored: Stored[Backup]) -> dict[str, Any]:
    it = stored.manifest
    names = ("stamp_us", "taken_at_us", "timeline", "schema_version", "bytes", "sha256", "raw_bytes")
    return {"path": str(stored.path), **{name: getattr(it, name) for name in names}}
