"""A full backup: the database as it stood at one instant, while others write it, compressed, with its digests.

copy in one read transaction -> (compress | check the copy and take its digests) -> name -> manifest. What is raised,
or a kill, leaves the source as it was, no backup that counts, and every older one.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from shared.backup.digest import halves
from shared.backup.files import copy_files, needed_files
from shared.backup.lock import writing_backups
from shared.backup.manifest import Digest, Full
from shared.backup.pack import pack
from shared.backup.place import DRAFT_SUFFIX, draft_path, full_path, manifest_path
from shared.backup.publish import discard, publish, sweep
from shared.backup.room import require_room, told
from shared.database.changes import LIVE_COLUMNS, MACHINERY
from shared.database.upkeep import opened, quick_check, snapshot
from shared.errors import RepairError, RetryError

_LOOK_SECONDS = 0.2
_PACKAGES = Path(__file__).parents[2]
Step = Callable[[], None]


class Position(NamedTuple):
    """Where in the history of its changes a database stands."""

    stamp_us: int
    timeline: str
    change_id: int
    schema_version: str


def take_full(
    database: Path,
    root: Path,
    archive: Path,
    now_us: int,
    each_step: Step = lambda: None,
    wait_seconds: float = 0.0,
) -> Full:
    """Take one now; it lies at `full_path(root, full.taken_at_us)`.

    `each_step` is called every few megabytes, and before everything that reaches the disk: it may sleep, to spare
    others, and what it raises ends the backup. BackupsBusyError (a RetryError) while another process writes backups,
    RetryError if the disk does not take it, RepairError if the database is damaged.
    """
    with writing_backups(root, wait_seconds):
        path = _free_place(root, now_us)
        copy, draft = path.with_name(f".{path.name}.{os.getpid()}.raw{DRAFT_SUFFIX}"), draft_path(path)
        try:
            with told(root):  # before the drafts are removed: while the disk is still full
                sweep(root)
                require_room(root, database)
                path.parent.mkdir(parents=True, exist_ok=True)
                snapshot(database, copy, each_step)
                full = _finished(database, copy, draft, root, archive, now_us, each_step)
                publish(root, draft, path, full, each_step)
        finally:
            discard(copy)
            discard(draft)
    return full


def position(connection: Any, schema: str = "main") -> Position:
    """Of the database that a driver's connection sees, and calls `schema`."""
    stamp_us, timeline = connection.execute(f"SELECT at_us, timeline FROM {schema}.change_clock").fetchone()  # noqa: S608
    (change_id,) = connection.execute(f"SELECT coalesce(max(change_id), 0) FROM {schema}.change_log").fetchone()  # noqa: S608
    return Position(stamp_us, timeline, change_id, schema_of(connection, schema))


def schema_of(connection: Any, schema: str = "main") -> str:
    """The schema's version and a digest of the tables' SQL, for somebody may have added one or altered it.

    What happened to tables can't be carried over into others.
    """
    (version,) = connection.execute(f"SELECT version_num FROM {schema}.alembic_version").fetchone()  # noqa: S608
    tables = connection.execute(f"SELECT name, sql FROM {schema}.sqlite_schema WHERE type = 'table' ORDER BY name")  # noqa: S608
    told = "\n".join(sql for name, sql in tables if name not in MACHINERY and not name.startswith("sqlite_"))
    return f"{version}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def chandler_version() -> str:
    """Which Chandler this is, as far as it was installed."""
    try:
        return version("chandler")
    except PackageNotFoundError:
        return "?"


def _free_place(root: Path, now_us: int) -> Path:
    path = full_path(root, now_us)
    if manifest_path(path).exists():
        raise RetryError(f"{path} is there already: the clock stands still, or was set back; try again")
    return path


def _finished(database: Path, copy: Path, draft: Path, root: Path, archive: Path, now_us: int, each_step: Step) -> Full:
    left_out = {table: tuple(sorted(columns)) for table, columns in LIVE_COLUMNS.items()}
    with _beside(copy, left_out, each_step) as digests:
        packed = pack(copy, draft, each_step)
        with opened(copy) as connection:
            if damage := quick_check(connection):
                raise RepairError(f"{database} is damaged ({damage}): check the disk, then `chandler doctor`")
            stands = position(connection)
            files, lacking = copy_files(root, archive, needed_files(connection), each_step)
        return Full(
            **stands._asdict(),
            **packed._asdict(),
            taken_at_us=now_us,
            digests=digests(),
            left_out=left_out,
            files=files,
            lacking=lacking,
            chandler=chandler_version(),
        )


@contextmanager
def _beside(
    copy: Path, left_out: Mapping[str, tuple[str, ...]], each_step: Step
) -> Iterator[Callable[[], dict[str, Digest]]]:
    """The digests of the copy, computed by other processes meanwhile; call it to wait for them."""
    with opened(copy) as connection:
        parts = halves(connection)
    with ExitStack() as stack:
        running = [stack.enter_context(_reading(copy, left_out, tables)) for tables in parts]

        def result() -> dict[str, Digest]:
            return {table: digest for process in running for table, digest in _told(process, each_step).items()}

        yield result


@contextmanager
def _reading(
    copy: Path, left_out: Mapping[str, tuple[str, ...]], tables: Sequence[str]
) -> Iterator["subprocess.Popen[str]"]:
    arguments = [str(copy.absolute()), json.dumps(left_out), json.dumps(tables)]
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "shared.backup.digest", *arguments],
        cwd=_PACKAGES,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _told(process: "subprocess.Popen[str]", each_step: Step) -> dict[str, Digest]:
    said, complaint = _output(process, each_step)
    if process.returncode:
        raise RepairError(f"the copy can't be read: {complaint.strip().rpartition(chr(10))[2]}")
    return {table: Digest(**digest) for table, digest in json.loads(said).items()}


def _output(process: "subprocess.Popen[str]", each_step: Step) -> tuple[str, str]:
    while True:
        each_step()
        try:
            return process.communicate(timeout=_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            continue
