"""A sealed month grows old: its tier stands in its manifest, and a frozen one is read-only.

Whole numbers that are delta-packed can't be packed harder (docs/decisions/0028-tiers.md), so the file stays what it is.
One with a column of doubles is written anew.
"""

import os
from pathlib import Path

from shared.archive.lock import writing_archive
from shared.archive.manifest import Manifest, read_manifest, write_manifest
from shared.archive.place import Month, manifest_file, month_file
from shared.archive.record import month_move, record
from shared.archive.seal import Tier, frozen_sums, put_manifest, seal
from shared.archive.sums import freeze, write_sums
from shared.database import Database
from shared.database.upkeep import sync
from shared.market import Series


def age(database: Database, root: Path, series: Series, month: Month, tier: Tier, now_us: int) -> Manifest:
    """Bring a sealed month's file to a tier; RepairError if it has no manifest that can be read."""
    if None in read_manifest(month_file(root, series, month)).encoding.values():
        return seal(database, root, series, month, now_us, tier)
    with writing_archive(root):
        path = month_file(root, series, month)
        before = read_manifest(path)
        after = before.model_copy(update={"tier": tier})
        if tier == "frozen":
            freeze(path)
            write_sums(path.parent, {**frozen_sums(root, series), path.name: after.sha256})
        _put(path, after)
        line = month_move(
            "move",
            series,
            month,
            policy="tiers.candles",
            tiers=(before.tier, tier),
            rows=after.rows,
            ends_ms=(after.first, after.last),
            sha256=after.sha256,
            reason="read-only from now on" if tier == "frozen" else "the file stays as it is",
            now_us=now_us,
        )
        with database.write() as connection:
            record(connection, line)
    return after


def _put(path: Path, manifest: Manifest) -> None:
    place = manifest_file(path)
    draft = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        write_manifest(draft, manifest)
        sync(draft)
        put_manifest(draft, place)
        sync(place.parent)
    finally:
        draft.unlink(missing_ok=True)
