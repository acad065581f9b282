"""Restoring the state at an instant into a database file, and checking what came out.

full backup, its checksums proven -> each link's changes carried over -> the clock goes on, leases are void, a new
timeline begins -> checks -> its name. The backups are only read; until the end there is only a draft.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from shared import ledger
from shared.backup.chain import Stored
from shared.backup.check import unpack_full
from shared.backup.files import needed_files
from shared.backup.landing import land, require_free
from shared.backup.lock import writing_backups
from shared.backup.manifest import Full, Increment
from shared.backup.pack import Packed, unpack
from shared.backup.past import contradiction
from shared.backup.place import DRAFT_SUFFIX
from shared.backup.plan import Plan, plan
from shared.backup.replay import INCREMENT, Span, appended_keys, replay
from shared.backup.shelved import put_back
from shared.database import open_database, triggers
from shared.database.sqlite import library
from shared.database.upkeep import quick_check, sync
from shared.errors import RepairError

Step = Callable[[], None]
_PROBLEMS = 20


@dataclass(frozen=True)
class Restored:
    """What was made: the state at `at_us`, from a full backup and so many links, with so many changes carried over.

    `problems` is what the checks found: damage, rows without the row they belong to, books that don't add up.
    `kept` is the database that stood there before; `files` and `lacking` are of the archive. `as_of_full` are tables of
    somebody's own of which the change log tells nothing: they are as in the full backup, not as at `at_us`.
    """

    path: Path
    at_us: int
    timeline: str
    full: Path
    links: int
    changes: int
    problems: list[str] = field(default_factory=list)
    kept: Path | None = None
    files: int = 0
    lacking: tuple[str, ...] = ()
    as_of_full: tuple[str, ...] = ()


def restore(
    root: Path,
    at_us: int | None,
    target: Path,
    now_us: int,
    *,
    timeline: str | None = None,
    archive: Path | None = None,
    force: bool = False,
    check: bool = True,
    each_step: Step = lambda: None,
    wait_seconds: float = 60.0,
) -> Restored:
    """Make `target` the database as it stood at an instant (us UTC; None: the newest that backups hold).

    With `archive`, the files of the archive that the state needs, and that are not there, are put there from their
    copies. Checksums are proven in any case; without `check` the result's pages, references and books are not looked
    at, which takes longer than the rest. UnrecoverableError says what can be given instead; StopError if there is a
    database and no `force`, or a process holds it; RepairError if a backup is damaged. Whatever is raised, `target` and
    the backups are as before.
    """
    require_free(target, force=force)
    draft = target.with_name(f".{target.name}.{os.getpid()}{DRAFT_SUFFIX}")
    scratch = draft.with_name(f"{draft.name}.increment")
    try:
        with writing_backups(root, wait_seconds):
            way = plan(root, at_us, timeline)
            changes = _made(root, way, draft, scratch, each_step)
            unlogged = _unlogged(draft) if way.links else ()
            own = _settle(draft, max(way.at_us, now_us))
            problems = checked(draft) if check else []
            put, lacking = put_back(root, archive, _needed(draft), way) if archive else (0, ())
        each_step()
        sync(draft)
        each_step()
        kept = land(draft, target, now_us, force=force)
    finally:
        for left in (draft, scratch):
            left.unlink(missing_ok=True)
    made = (target, way.at_us, own, way.full.path, len(way.links), changes)
    return Restored(*made, problems, kept, put, lacking, unlogged)


def checked(file: Path) -> list[str]:
    """What is wrong with a database that nobody writes: its pages, its references, its books; a sentence each."""
    with ThreadPoolExecutor() as pool:
        damage, orphans = pool.submit(_damage, file), pool.submit(_orphans, file)
    problems = damage.result() + orphans.result()
    database = open_database(f"sqlite:///{file}")
    try:
        with database.read() as connection:
            problems += [str(difference) for difference in ledger.verify(connection)]
    finally:
        database.close()
    return problems


def _damage(file: Path) -> list[str]:
    with closing(_unwritten(file)) as connection:
        told = quick_check(connection)
    return [told] if told else []


def _orphans(file: Path) -> list[str]:
    with closing(_unwritten(file)) as connection:
        found = connection.execute("PRAGMA foreign_key_check").fetchmany(_PROBLEMS)
    return [f"a row of {table} belongs to a row of {parent} that is not there" for table, _, parent, _ in found]


def _unwritten(file: Path) -> Any:
    return library().connect(f"{file.absolute().as_uri()}?immutable=1", uri=True)


def _made(root: Path, way: Plan, draft: Path, scratch: Path, each_step: Step) -> int:
    """The draft as of the plan's instant; returns how many changes were carried over."""
    full = way.full.manifest
    unpack_full(root, full, draft, each_step)
    changes, since_us = 0, full.stamp_us
    for link in way.links:
        it = link.manifest
        unpack(link.path, Packed(it.bytes, it.sha256, it.raw_bytes, it.raw_sha256), scratch, each_step)
        span = Span(since_us, min(way.at_us, it.stamp_us), it.stamp_us)
        if it.from_stamp_us < full.stamp_us:
            _require_same_past(draft, scratch, way.full, link)
        changes += _carried(draft, scratch, span)
        scratch.unlink()
        since_us = it.stamp_us
        each_step()
    return changes


def _require_same_past(draft: Path, scratch: Path, full: Stored[Full], link: Stored[Increment]) -> None:
    """RepairError if the one never happened to the database that the other is of."""
    since_us, until_us = link.manifest.from_stamp_us, full.manifest.stamp_us
    with closing(_opened(draft)) as connection:
        connection.execute(f"ATTACH ? AS {INCREMENT}", (str(scratch),))
        keys = appended_keys(connection)
        told = contradiction(connection, INCREMENT, keys, since_us, until_us)
    if told:
        raise RepairError(
            f"{full.path} is not of the past that {link.path.name} goes on from: they tell different rows of {told}."
            " The database was put back by hand after that full backup was taken. An instant up to it can be restored;"
            " for later ones move it away, so that an older one is taken, or take a full backup now"
        )


def _carried(draft: Path, scratch: Path, span: Span) -> int:
    with closing(_opened(draft)) as connection:
        connection.execute(f"ATTACH ? AS {INCREMENT}", (str(scratch),))
        connection.execute("BEGIN")
        with _without_triggers(connection):
            changes = replay(connection, span)
        connection.execute("COMMIT")
    return changes


def _settle(draft: Path, now_us: int) -> str:
    """Let the database live on from now, and nobody take it for the one it was; returns its timeline.

    Until now the desk lived on another one: that is the one to restore an earlier instant from.
    """
    timeline = uuid4().hex
    with closing(_opened(draft)) as connection:
        connection.execute("BEGIN")
        with _without_triggers(connection):
            connection.execute("DELETE FROM change_log")
            connection.execute("UPDATE leases SET expires_us = 0")
            connection.execute("UPDATE replicas SET expires_us = 0")
            connection.execute(
                "UPDATE change_clock SET at_us = max(at_us, ?), held = 0, timeline = ?, shipped = ''",
                (now_us, timeline),
            )
        connection.execute("COMMIT")
    return timeline


@contextmanager
def _without_triggers(connection: Any) -> Iterator[None]:
    """What they did is in the log itself: neither ours nor a user's own may do it again."""
    query = "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' ORDER BY rowid"
    there = connection.execute(query).fetchall()
    for name, _ in there:
        connection.execute('DROP TRIGGER main."' + name.replace('"', '""') + '"')
    yield
    for _, sql in there:
        connection.execute(sql)


def _unlogged(draft: Path) -> tuple[str, ...]:
    with closing(_unwritten(draft)) as connection:
        return tuple(triggers.unlogged(connection))


def _opened(draft: Path) -> Any:
    """A draft is not worth a journal: whatever happens to it, it is made anew."""
    connection = library().connect(draft, isolation_level=None)
    for setting in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -64000"):
        connection.execute(f"PRAGMA {setting}")
    return connection


def _needed(draft: Path) -> Any:
    with closing(library().connect(draft)) as connection:
        return needed_files(connection)
