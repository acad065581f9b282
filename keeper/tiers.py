"""The tiers' round: rows that have aged leave the database, files grow old, and the room is given back."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from shared import tiers
from shared.clock import now_us
from shared.config import TierPolicy, TierSettings
from shared.database import Database
from shared.database.space import give_back
from shared.errors import RepairError

#: What a table that shrinks needs again soon is not given back.
_KEEP_BYTES = 8 * 1024 * 1024
#: Stamps of all rows there can be.
_EVER_US = 2**62


@dataclass
class Tiers:
    """What the round needs. `file` is the SQLite file, `shipped` the newest stamp (us) that a backup holds; 0: none.

    `stopped` says whether to leave the rest for another time.
    """

    database: Database
    file: Path
    archive: Path
    settings: TierSettings
    shipped: Callable[[], int]
    log: FilteringBoundLogger
    stopped: Callable[[], bool] = lambda: False
    complaints: list[str] = field(default_factory=list)

    def round(self) -> Mapping[str, int] | None:
        """Look after every table that has a policy; returns what was done, None if nothing was due.

        RepairError names what could not be done; the rest was. RetryError, and the rest waits for the next round, if
        the disk is full or another process writes the archive.
        """
        self.complaints.clear()
        shelf = tiers.Shelf(self.database, self.archive, self.stopped)
        done = {"rows_copied": 0, "rows_deleted": 0, "months_packed": 0, "bytes_given_back": 0}
        held_us = self._held_us()
        for name, policy in self.settings.policies().items():
            with self._noted(name):
                moved = self._move(shelf, name, policy, held_us)
                done["rows_copied"] += moved.copied
                done["rows_deleted"] += moved.deleted
                done["months_packed"] += tiers.pack_aged(shelf, tiers.AGED[name], policy, held_us, now_us())
        tiers.tidy(shelf, now_us())
        done["bytes_given_back"] = give_back(self.file, _KEEP_BYTES, lambda: not self.stopped(), shelf.pause)
        if self.complaints:
            raise RepairError(" | ".join(self.complaints))
        return done if any(done.values()) else None

    def _held_us(self) -> int:
        """Rows stamped by then may be deleted."""
        held_us = _EVER_US if self.settings.without_backup else self.shipped()
        if not held_us:
            self.log.info("no row leaves the database: no backup holds any yet", see="tiers.without_backup")
        return held_us

    def _move(self, shelf: tiers.Shelf, name: str, policy: TierPolicy, held_us: int) -> tiers.Moved:
        if not held_us:
            return tiers.Moved()
        moved = tiers.move_aged(shelf, tiers.AGED[name], policy, held_us, now_us())
        if moved.deleted:
            self.log.info("rows moved", table=name, copied=moved.copied, deleted=moved.deleted)
        return moved

    @contextmanager
    def _noted(self, name: str) -> Iterator[None]:
        """One table that can't be done does not hold up the others."""
        try:
            yield
        except RepairError as error:
            self.complaints.append(str(error))
            self.log.warning("a table's rows can't be moved", table=name, error=str(error))
