"""Where aged rows lie in the archive: `tables/balance_history/2026-11/1-5000.3f9ac21b.parquet`.

The name ends in the first digits of the file's own SHA-256: other contents never have the same name, so a file is never
written over. Files that are never to change again stand in the directory's `SHA256SUMS`, which `sha256sum -c` reads.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from shared.archive import Month
from shared.archive.lock import writing_archive
from shared.archive.place import TABLES
from shared.database.upkeep import sync


def month_of(us: int) -> Month:
    """The month that an instant lies in; microseconds UTC."""
    moment = datetime.fromtimestamp(us / 1_000_000, UTC)
    return Month(moment.year, moment.month)


def file_path(table: str, month: Month, first: int, last: int, sha256: str) -> str:
    """Where a file with rows from `first` to `last` lies, relative to the archive."""
    return f"{TABLES}/{table}/{month}/{first}-{last}.{sha256[:8]}.parquet"


def month_in(path: str) -> Month:
    """The month whose rows a file holds, by its path."""
    return Month.named(Path(path).parent.name)


def writing_tables(root: Path) -> AbstractContextManager[None]:
    """One writer of aged rows at a time; ArchiveBusyError while another process is that."""
    return writing_archive(root / TABLES)


def settle_file(draft: Path, path: Path) -> None:
    """Have a checked draft on disk under its name."""
    sync(draft)
    draft.replace(path)
    sync(path.parent)


def sweep(directories: Iterable[Path]) -> None:
    """Remove drafts that a killed process left: whoever holds the lock knows that nobody writes them."""
    for directory in directories:
        for draft in directory.glob(".*.part"):
            draft.unlink(missing_ok=True)
