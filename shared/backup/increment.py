"""Taking an increment: what happened since the one before, as a link of the chain; then the log is let go of.

mark the end -> read in one transaction -> compress -> name -> manifest -> read it back -> prune the log. The database
remembers which link its log was pruned for. If that is not the chain's last one (an old copy was put back by hand, or
backups were deleted) it begins a new timeline, whose first backup is a full one: nothing is appended to a past that
is not its own.
"""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, text

from shared.backup.chain import Shelf, chained, head, shelf
from shared.backup.digest import digests, file_digests
from shared.backup.files import Needed, copy_files, needed_files
from shared.backup.full import chandler_version, schema_of
from shared.backup.lock import writing_backups
from shared.backup.manifest import ArchiveFile, Increment, manifest_digest
from shared.backup.pack import Packed, pack, unpack
from shared.backup.place import DRAFT_SUFFIX, draft_path, increment_path, manifest_path
from shared.backup.publish import publish, sweep
from shared.backup.room import told
from shared.backup.shipment import LOG, Shipment, write_shipment
from shared.database import Database
from shared.database.changes import prune_changes
from shared.database.sqlite import library
from shared.database.upkeep import database_file
from shared.errors import RepairError

Copies = tuple[tuple[ArchiveFile, ...], tuple[str, ...]]
_BATCH = 5_000
#: A change that is none: the transaction's stamp is the point of it.
_MARK = text("UPDATE change_clock SET shipped = shipped")
_CLOCK = text("SELECT at_us, timeline, shipped FROM change_clock WHERE clock_id = 1")
_SHIPPED = text("UPDATE change_clock SET shipped = :shipped")
_BRANCH = text("UPDATE change_clock SET timeline = :timeline, shipped = ''")


class FullNeededError(RepairError):
    """No increment can be taken before the next full backup."""


class Stands(NamedTuple):
    """A database's place in the history of its backups."""

    at_us: int
    timeline: str
    shipped: str
    schema_version: str


def take_increment(
    database: Database,
    root: Path,
    archive: Path,
    now_us: int,
    each_step: Callable[[], None] = lambda: None,
    wait_seconds: float = 0.0,
) -> Increment:
    """Take one now; it lies at `increment_path(root, increment.stamp_us)`, and reaches to this moment.

    `each_step` is called before everything that reaches the disk, and what it raises ends it. FullNeededError if there
    is no full backup that it could carry on from; BackupsBusyError, RetryError and RepairError as of a full one.
    """
    file = database_file(database.name)
    with writing_backups(root, wait_seconds), told(root):
        sweep(root)
        found = shelf(root)
        stands = _mark(database)
        last = _agreed(database, file, found, stands, each_step)
        first_us = _first_full(found, stands)
        place = increment_path(root, stands.at_us)
        place.parent.mkdir(parents=True, exist_ok=True)
        raw, draft = place.with_name(f".{place.name}.{os.getpid()}.raw{DRAFT_SUFFIX}"), draft_path(place)
        try:
            shipment = write_shipment(file, raw, last.stamp_us if last else first_us)
            packed = pack(raw, draft, each_step)
            copies = copy_files(root, archive, _needed(file), each_step)
            increment = _described(raw, shipment, packed, copies, last, first_us, now_us)
            path = increment_path(root, increment.stamp_us)
            path.parent.mkdir(parents=True, exist_ok=True)
            publish(root, draft, path, increment, each_step)
        finally:
            for left in (raw, draft):
                left.unlink(missing_ok=True)
        _let_go(database, path, increment, each_step)
    return increment


def _described(
    raw: Path, shipment: Shipment, packed: Packed, copies: Copies, last: Increment | None, first_us: int, now_us: int
) -> Increment:
    """Its manifest. It ends where the database stood when it was read: rows changed since the mark are as they are."""
    after_us, end_us = last.stamp_us if last else first_us, shipment.position.stamp_us
    files, lacking = copies
    return Increment(
        **shipment.position._asdict(),
        **packed._asdict(),
        taken_at_us=now_us,
        digests=file_digests(raw),
        files=files,
        lacking=lacking,
        chandler=chandler_version(),
        from_stamp_us=after_us,
        previous=manifest_digest(last) if last else "",
        chain=chained(last, after_us, end_us, packed.raw_sha256),
        told_twice=shipment.told_twice,
    )


def shipped_stamp(database: Database, root: Path) -> int:
    """Up to which stamp everything in the database is in backups: full ones, or proven increments; 0 without any."""
    with database.read() as connection:
        stands = standing(connection)
    found = shelf(root)
    stamps = [each.manifest.stamp_us for each in found.fulls if each.manifest.timeline == stands.timeline]
    stamps += [each.manifest.stamp_us for each in found.increments if manifest_digest(each.manifest) == stands.shipped]
    return max(stamps, default=0)


def standing(connection: Connection) -> Stands:
    """Where a database stands."""
    at_us, timeline, shipped = connection.execute(_CLOCK).one()
    return Stands(at_us, timeline, shipped, schema_of(connection.connection.driver_connection))


def _mark(database: Database) -> Stands:
    """Have a stamp of this moment: up to it the increment reaches at least, though nothing has happened."""
    with database.write() as connection:
        connection.execute(_MARK)
        return standing(connection)


def _agreed(
    database: Database, file: Path, found: Shelf, stands: Stands, each_step: Callable[[], None]
) -> Increment | None:
    """The chain's last link, if it is this database's own; what a kill left of its pruning is done now."""
    last = head(found.increments, stands.timeline)
    if last is None and not stands.shipped:
        return None
    if last is not None and stands.shipped == manifest_digest(last):
        return last
    if last is not None and stands.shipped == last.previous and _has_logged(file, last):
        place = next(each.path for each in found.increments if each.manifest == last)
        _let_go(database, place, last, each_step)
        return last
    with database.write() as connection:
        connection.execute(_BRANCH, {"timeline": uuid4().hex})
    raise FullNeededError(
        "the newest increment is not the last one that was taken of this database: an old copy was put back, or backups"
        " were lost. It begins a new timeline: take a full backup (`chandler backup --full`); the old ones stay of use"
    )


def _has_logged(file: Path, last: Increment) -> bool:
    """Whether the database's own log says of the link's span what the link says."""
    with TemporaryDirectory(prefix="chandler-") as directory:
        again = Path(directory) / "again.db"
        write_shipment(file, again, last.from_stamp_us, last.stamp_us)
        with closing(library().connect(again)) as connection:
            return digests(connection, [LOG])[LOG] == last.digests[LOG]


def _first_full(found: Shelf, stands: Stands) -> int:
    """From where the first increment of a timeline carries on."""
    for each in found.fulls:
        if (each.manifest.timeline, each.manifest.schema_version) == (stands.timeline, stands.schema_version):
            return each.manifest.stamp_us
    raise FullNeededError(
        "there is no full backup of this database yet, or its tables were altered since: take one"
        " (`chandler backup --full`)"
    )


def _let_go(database: Database, path: Path, increment: Increment, each_step: Callable[[], None]) -> None:
    """Prune what is in the increment from the log, once the file is proven; in small transactions, the first of which
    says which link it is.
    """
    expected = Packed(increment.bytes, increment.sha256, increment.raw_bytes, increment.raw_sha256)
    try:
        unpack(path, expected, None, each_step)
    except RepairError:  # the log still has all of it: the next one takes it
        manifest_path(path).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise
    with database.write() as connection:
        connection.execute(_SHIPPED, {"shipped": manifest_digest(increment)})
    for until in [*range(_oldest_change(database) + _BATCH, increment.change_id, _BATCH), increment.change_id]:
        each_step()
        with database.write() as connection:
            prune_changes(connection, until)


def _needed(file: Path) -> list[Needed]:
    with closing(library().connect(file, timeout=10)) as connection:
        return needed_files(connection)


def _oldest_change(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(text("SELECT min(change_id) FROM change_log")).scalar() or 0
