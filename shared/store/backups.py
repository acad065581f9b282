"""A script's way to the backups of its database, beside those that the keeper takes. What they are: docs/backups.md."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from shared.clock import now_us
from shared.database import Database
from shared.database.upkeep import database_file

if TYPE_CHECKING:
    from shared.backup.chain import Stored
    from shared.backup.manifest import Full, Increment
    from shared.backup.plan import Range
    from shared.backup.restore import Restored

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Backup:
    """One backup: all transactions up to `at_us` (UTC) are in it, or in what it carries on from."""

    path: Path
    kind: Literal["full", "increment"]
    at_us: int
    bytes: int


class Backups:
    """The backups in one directory. RetryError while another process writes there, the keeper for example.

    What they need (`zstandard`) is imported when they are used: a trader does not. SQLite only.
    """

    def __init__(self, database: Database, archive: Path, root: Path) -> None:
        """`root` is what the configuration calls `paths.backups`."""
        self._database = database
        self._archive = archive
        self.root = root

    def take(self, *, full: bool = False, wait_seconds: float = 60.0) -> Backup:
        """Take one now, while others write: what changed since the last one, or all of it with `full` or as the first.

        RetryError if the disk does not take it, RepairError if the database is damaged.
        """
        from shared.backup.full import take_full  # noqa: PLC0415
        from shared.backup.increment import FullNeededError, take_increment  # noqa: PLC0415
        from shared.backup.place import full_path, increment_path  # noqa: PLC0415

        if not full:
            try:
                it = take_increment(self._database, self.root, self._archive, now_us(), wait_seconds=wait_seconds)
                return Backup(increment_path(self.root, it.stamp_us), "increment", it.stamp_us, it.bytes)
            except FullNeededError:
                pass
        file = database_file(self._database.name)
        whole = take_full(file, self.root, self._archive, now_us(), wait_seconds=wait_seconds)
        return Backup(full_path(self.root, whole.taken_at_us), "full", whole.stamp_us, whole.bytes)

    def taken(self) -> list[Backup]:
        """Those that are there, oldest first; whether they are whole, `verify` tells."""
        from shared.backup.chain import shelf  # noqa: PLC0415

        found = shelf(self.root)
        backups = [_listed(each, "full") for each in found.fulls]
        backups += [_listed(each, "increment") for each in found.increments]
        return sorted(backups, key=lambda backup: (backup.at_us, backup.path.name))

    def verify(self) -> list[str]:
        """Read every backup to its last byte, full ones to their last row; a sentence for each that is not good."""
        from shared.backup.check import verify_all  # noqa: PLC0415
        from shared.backup.plan import recoverable  # noqa: PLC0415

        with TemporaryDirectory(prefix="chandler-verify-") as scratch:
            rows = [problem.told for problem in verify_all(self.root, Path(scratch))]
        return list(dict.fromkeys([*rows, *recoverable(self.root).problems]))

    def recoverable(self) -> "list[Range]":
        """From when to when any instant can be restored (us UTC); empty without a good full backup."""
        from shared.backup.plan import recoverable  # noqa: PLC0415

        return recoverable(self.root).ranges

    def restore(
        self, target: Path | str, at: int | datetime | None = None, *, force: bool = False, archive: Path | None = None
    ) -> "Restored":
        """Make `target` the database as it stood `at` an instant, us UTC or a datetime with a zone (None: the newest).

        With `archive`, files of the archive that it needs are put there. UnrecoverableError says what can be given
        instead; StopError if `target` is there and no `force`: with it, a copy of what was there is kept.
        """
        from shared.backup.restore import restore  # noqa: PLC0415

        return restore(self.root, _us(at), Path(target), now_us(), archive=archive, force=force)


def _listed(stored: "Stored[Full] | Stored[Increment]", kind: Literal["full", "increment"]) -> Backup:
    return Backup(stored.path, kind, stored.manifest.stamp_us, stored.manifest.bytes)


def _us(at: int | datetime | None) -> int | None:
    if not isinstance(at, datetime):
        return at
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone: write datetime(..., tzinfo=UTC)")
    return (at - _EPOCH) // timedelta(microseconds=1)
