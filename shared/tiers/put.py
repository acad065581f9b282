"""A file of aged rows under its name, once it is proven to hold them: write -> read back, compare -> sync -> rename."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from shared.archive import Month
from shared.archive.manifest import file_digest
from shared.archive.place import TABLES
from shared.archive.sums import freeze
from shared.errors import RepairError, RetryError
from shared.tiers.catalogue import TierFile
from shared.tiers.files import Rows, digest, read_rows, write_rows
from shared.tiers.place import file_path, settle_file
from shared.tiers.policy import FROZEN, level_of
from shared.tiers.tables import Aged


def put_rows(
    root: Path,
    aged: Aged,
    month: Month,
    tier: str,
    batches: Callable[[], Iterable[Rows]],
    now_us: int,
    step: Callable[[str], None],
) -> TierFile:
    """Write rows of one month; nobody counts on the file before it stands in `tier_files`.

    RepairError if it does not read back as it was written, RetryError if the disk does not take it: no file is left.
    """
    directory = root / TABLES / aged.name / str(month)
    draft = directory / f".{os.getpid()}.part"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        extent = _Extent(aged)
        contents = write_rows(draft, aged.table, extent.watched(batches()), level_of(tier))
        step("written")
        if digest(read_rows(draft, aged.columns)) != (contents.rows, contents.rows_sha256):
            raise RepairError(f"{draft} does not read back as it was written: check the disk; no row has left")
        sha256 = file_digest(draft)
        path = file_path(aged.name, month, extent.first, extent.last, sha256)
        size = draft.stat().st_size
        settle_file(draft, root / path)
        if tier == FROZEN:
            freeze(root / path)
        step("named")
    except OSError as error:
        raise RetryError(
            f"can't write {directory}: {error.strerror or error}: free some disk, or see whose directory it is"
            " (paths.archive); no row has left"
        ) from None
    finally:
        with suppress(OSError):
            draft.unlink()
    first, last = (extent.first, extent.last) if aged.has_id else (None, None)
    oldest, newest = extent.oldest * aged.unit_us, extent.newest * aged.unit_us
    return TierFile(path, aged.name, tier, contents.rows, first, last, oldest, newest, size, sha256, now_us)


class _Extent:
    """From which to which row, and time, the rows that pass go."""

    def __init__(self, aged: Aged) -> None:
        self._order, self._time = (aged.columns.index(name) for name in (aged.order, aged.time))
        self.first = self.oldest = 2**63 - 1
        self.last = self.newest = -(2**63)

    def watched(self, batches: Iterable[Rows]) -> Iterable[Rows]:
        for batch in batches:
            orders, times = [row[self._order] for row in batch], [row[self._time] for row in batch]
            self.first, self.last = min(self.first, *orders), max(self.last, *orders)
            self.oldest, self.newest = min(self.oldest, *times), max(self.newest, *times)
            yield batch
