"""Sealing a month: its candles into a file of their own, which counts only once it is whole, checked and on disk.

write -> sync -> read back and compare -> rename the file -> rename the manifest -> note it in the database. Whoever is
killed in between leaves the table as it was, and the next run begins again.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from sqlalchemy import Connection

from shared.archive.encoding import Arrays, digest, read_arrays, write_table
from shared.archive.hot import delete_hot, hot_count, hot_rows, newest_revision, overlaid
from shared.archive.lock import writing_archive
from shared.archive.manifest import (
    FOOTER,
    Contents,
    Manifest,
    Unreached,
    file_digest,
    overlapping,
    write_manifest,
)
from shared.archive.place import Month, manifest_file, month_file
from shared.archive.read import load, sealed
from shared.archive.record import month_move, record
from shared.archive.sums import freeze, write_sums
from shared.candles.coverage import covered, recount
from shared.candles.ledger import Unreachable, out_of_reach
from shared.candles.months import (
    ArchivedMonth,
    archived_month,
    archived_months,
    begin_month,
    note_pruned,
    note_sealed,
)
from shared.database import Database
from shared.database.upkeep import sync
from shared.errors import RepairError, RetryError
from shared.market import Interval, Series, merge, subtract

_SOURCE = "ohlcv_data"
Tier = Literal["warm", "cold", "frozen"]
#: zstd's, of each. Columns of doubles take a tenth less room with 19, and 25 times as long to write.
_LEVELS: dict[Tier, int] = {"warm": 3, "cold": 9, "frozen": 19}


@dataclass(frozen=True)
class Source:
    """A month as it is to be written: its rows, the version of the month they are, and what is known of it."""

    rows: Arrays
    version: int
    coverage: list[Interval]
    unreachable: list[Unreachable]
    revision: int


def sealable(connection: Connection, series: Series, now_ms: int) -> list[Month]:
    """The months, oldest first, that are complete and have no file that holds them as they are.

    `now_ms` is the exchange's time less what it may take to settle. Complete is a month that has ended and of which
    every instant is covered (with a candle, or confirmed empty) or unreachable, and something is covered.
    """
    known = covered(connection, series)
    lost = [each.interval for each in out_of_reach(connection, series)]
    fresh = {month.start for month in archived_months(connection, series) if month.is_fresh}
    return [month for month in complete(known, lost, now_ms) if month.start not in fresh]


def complete(known: Iterable[Interval], lost: Iterable[Interval], now_ms: int) -> list[Month]:
    """The months that have ended and lie wholly in what is covered or unreachable, and not in the latter alone."""
    covered_parts = merge(known)
    months = []
    for part in merge([*covered_parts, *lost]):
        month = Month.of(part.start)
        month = month if month.start >= part.start else month.next
        while month.end <= min(part.end, now_ms):
            if overlapping(covered_parts, month):
                months.append(month)
            month = month.next
    return months


def seal(database: Database, root: Path, series: Series, month: Month, now_us: int, tier: Tier = "warm") -> Manifest:
    """Write the month's file and manifest, and note them in the database; anew if its candles have changed.

    The `tier` is how hard it is packed; a frozen file is read-only, and named in its directory's checksums.

    RepairError if the month is not complete, or what was written does not read back as it was. RetryError if the disk
    does not take it, ArchiveBusyError (one, too) while another process writes the archive. Nothing has changed then.
    """
    with writing_archive(root):
        with database.write() as connection:
            begin_month(connection, series, month.interval)
        with database.read() as connection:
            source = _gather(connection, root, series, month)
        try:
            manifest = _publish(root, series, month, source, now_us, tier)
        except OSError as error:
            raise RetryError(
                f"can't write {month} of {series} to {root}: {error.strerror or error}: free some disk, or see whose"
                " directory that is (paths.archive); the candles stay in the database"
            ) from None
        with database.write() as connection:
            _note(connection, manifest, source.version, now_us)
    return manifest


def _gather(connection: Connection, root: Path, series: Series, month: Month) -> Source:
    state = archived_month(connection, series, month.start)
    known, lost = covered(connection, series), out_of_reach(connection, series)
    if state is None or month not in complete(known, [each.interval for each in lost], month.end):
        missing = subtract(month.interval, [*known, *(each.interval for each in lost)])
        raise RepairError(f"{month} of {series} can't be sealed: {len(missing)} gaps in it are not fetched yet")
    rows = hot_rows(connection, series, month.interval)
    if state.is_pruned:
        file = load(root, series, month, sealed_since_us=state.sealed_at_us)
        rows = overlaid(_before(file, state.pruned_until), rows)
    unreachable = [Unreachable(part, each.reason) for each in lost for part in overlapping([each.interval], month)]
    revision = newest_revision(connection, series)
    return Source(rows, state.version, overlapping(known, month), unreachable, revision)


def _before(rows: Arrays, until: int) -> Arrays:
    kept = int(np.searchsorted(rows["timestamp"], until))
    return {name: column[:kept] for name, column in rows.items()}


def _publish(root: Path, series: Series, month: Month, source: Source, now_us: int, tier: Tier) -> Manifest:
    path = month_file(root, series, month)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    draft, draft_manifest = (
        place.with_name(f".{place.name}.{os.getpid()}.part") for place in (path, manifest_file(path))
    )
    contents = _contents(series, month, source, now_us)
    try:
        scales = write_table(draft, source.rows, {FOOTER: contents.model_dump_json()}, _LEVELS[tier])
        sync(draft)
        _check(draft, contents)
        finished = {"bytes": draft.stat().st_size, "sha256": file_digest(draft), "encoding": scales}
        manifest = Manifest(**contents.model_dump(), **finished, tier=tier)
        write_manifest(draft_manifest, manifest)
        sync(draft_manifest)
        if tier == "frozen":
            freeze(draft)
        put_file(draft, path)
        put_manifest(draft_manifest, manifest_file(path))
    finally:
        draft.unlink(missing_ok=True)
        draft_manifest.unlink(missing_ok=True)
    write_sums(path.parent, frozen_sums(root, series))
    for directory in (path.parent, *path.parent.parents):
        sync(directory)
        if directory == root:
            break
    return manifest


def frozen_sums(root: Path, series: Series) -> dict[str, str]:
    """The checksums of a series' frozen files, by name."""
    frozen = [manifest for manifest in sealed(root, series) if manifest.tier == "frozen"]
    return {month_file(root, series, manifest.part).name: manifest.sha256 for manifest in frozen}


def put_file(draft: Path, path: Path) -> None:
    """Give a checked file its name; whoever reads the one before keeps it open."""
    draft.replace(path)
    sync(path.parent)


def put_manifest(draft: Path, path: Path) -> None:
    """Give its manifest its name."""
    draft.replace(path)


def _check(draft: Path, contents: Contents) -> None:
    found = read_arrays(draft)
    if len(found["timestamp"]) != contents.rows or digest(found) != contents.rows_sha256:
        raise RepairError(
            f"{draft} does not read back as it was written: check the disk; the candles stay where they are"
        )


def _contents(series: Series, month: Month, source: Source, now_us: int) -> Contents:
    times = source.rows["timestamp"]
    return Contents(
        exchange=series.exchange,
        symbol=series.symbol,
        timeframe=series.timeframe,
        month=str(month),
        rows=len(times),
        first=int(times[0]) if len(times) else None,
        last=int(times[-1]) if len(times) else None,
        coverage=tuple((part.start, part.end) for part in source.coverage),
        unreachable=tuple(Unreached(start=p.start, end=p.end, reason=reason) for p, reason in source.unreachable),
        rows_sha256=digest(source.rows),
        source=_SOURCE,
        sealed_at_us=now_us,
        revision=source.revision,
    )


def _note(connection: Connection, manifest: Manifest, version: int, now_us: int) -> None:
    """The file holds this version of the month; if candles have changed meanwhile, the next run writes it anew."""
    series, month = manifest.series, manifest.part
    state = archived_month(connection, series, month.start)
    if state is None or state.version != version:
        return
    if state.is_pruned:
        _take_late_rows(connection, manifest, state)
    note_sealed(
        connection,
        series,
        month.start,
        version=version,
        rows=manifest.rows,
        first=manifest.first,
        last=manifest.last,
        sha256=manifest.sha256,
        now_us=now_us,
    )
    line = month_move(
        "seal",
        series,
        month,
        policy="every month that is complete" if manifest.tier == "warm" else "tiers.candles",
        tiers=("hot", manifest.tier),
        rows=manifest.rows,
        ends_ms=(manifest.first, manifest.last),
        sha256=manifest.sha256,
        reason="copied and read back; the table keeps its rows until they are pruned",
        now_us=now_us,
    )
    record(connection, line)


def _take_late_rows(connection: Connection, manifest: Manifest, state: ArchivedMonth) -> None:
    """Rows that came into the pruned part are in the file now, and leave the table.

    Those that the file had before were counted a second time when they came: coverage counts anew.
    """
    series, month = manifest.series, manifest.part
    late = delete_hot(connection, series, Interval(month.start, state.pruned_until))
    hot = hot_count(connection, series, Interval(state.pruned_until, month.end))
    counted = state.pruned_rows + late + hot
    if manifest.first is not None:
        recount(connection, series, manifest.first, manifest.rows - counted)
    note_pruned(connection, series, month.start, state.pruned_until, manifest.rows - hot)


def _sweep(directory: Path) -> None:
    """Remove drafts that a killed process left: whoever holds the lock knows that nobody writes them."""
    for draft in directory.glob(".*.part"):
        draft.unlink(missing_ok=True)
