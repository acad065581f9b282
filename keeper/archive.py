"""The archive's round: months that are complete are sealed, damaged ones mended, old ones taken out of the table."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from shared.archive import Month, age, mend, prunable, prune, seal, sealable, sealed, verify
from shared.candles import read_exchange, series_statuses
from shared.candles.months import archived_months
from shared.clock import now_ms, now_us
from shared.config import Packing
from shared.database import Database
from shared.errors import RepairError
from shared.market import Series
from shared.tiers.policy import TIERS, packed_by

#: Later than any instant.
_EVER_US = 2**63 - 1


def can_seal() -> bool:
    """Whether pyarrow is there, which writes the files."""
    return find_spec("pyarrow") is not None


def months_before(now_ms: int, count: int) -> int:
    """The first instant (ms UTC) of the month that many months before this one: what ended by then is so old."""
    this = datetime.fromtimestamp(now_ms / 1000, UTC)
    past = 12 * this.year + this.month - 1 - count
    return Month(past // 12, past % 12 + 1).start


@dataclass
class Archivist:
    """What the archive's jobs need. `settle_ms`: of each exchange, how long it may add to what has closed.

    `prune_after` is in months (None: nothing is pruned), `stopped` says whether to leave the rest for another time,
    `shipped` up to which instant (us) backups hold everything: a candle that is in none yet stays in the table,
    `packing` how old a file may be in each tier (None: it stays warm).
    """

    database: Database
    archive: Path
    settle_ms: Mapping[str, int]
    prune_after: int | None
    hot_candles: int
    log: FilteringBoundLogger
    stopped: Callable[[], bool] = lambda: False
    shipped: Callable[[], int] = lambda: _EVER_US
    packing: Packing | None = None
    complaints: list[str] = field(default_factory=list)

    def round(self) -> None:
        """Look after every series; RepairError names each month that could not be done. The others were.

        RetryError, and the rest waits for the next round, if the disk is full or another process writes the archive.
        """
        for series in self._series():
            self.seal(series)
            if self.packing is not None:
                self.pack(series, self.packing)
            if self.prune_after is not None:
                self.prune(series, months_before(now_ms(), self.prune_after))
        if self.complaints:
            raise RepairError(" | ".join(self.complaints))

    def seal(self, series: Series) -> int:
        """Mend what is damaged of a series and seal what can be; returns how many months were sealed."""
        if self._disagrees(series):
            self._mend(series)
        with self.database.read() as connection:
            exchange = read_exchange(connection, series.exchange)
            ahead = (exchange.clock_offset_ms if exchange else None) or 0
            now = now_ms() + ahead - self.settle_ms.get(series.exchange, 0)
            months = sealable(connection, series, now)
        done = 0
        for month in months:
            if self.stopped():
                break
            with self._noted():
                manifest = seal(self.database, self.archive, series, month, now_us())
                self.log.info(
                    "month sealed", series=str(series), month=str(month), rows=manifest.rows, bytes=manifest.bytes
                )
                done += 1
        return done

    def pack(self, series: Series, packing: Packing) -> None:
        """Bring months that have grown old to their tier."""
        with self.database.read() as connection:
            fresh = {month.start for month in archived_months(connection, series) if month.is_fresh}
        for manifest in sealed(self.archive, series):
            wanted = packed_by(packing, manifest.part.end * 1_000, now_us())
            if self.stopped() or manifest.part.start not in fresh or TIERS.index(wanted) <= TIERS.index(manifest.tier):
                continue
            with self._noted():
                new = age(self.database, self.archive, series, manifest.part, wanted, now_us())
                self.log.info("month aged", series=str(series), month=manifest.month, tier=wanted, bytes=new.bytes)

    def prune(self, series: Series, before_ms: int) -> None:
        """Take the candles of months that ended by then out of the table."""
        with self.database.read() as connection:
            months = prunable(connection, series, before_ms, self.hot_candles)
            known = {month.start: month.sealed_at_us or _EVER_US for month in archived_months(connection, series)}
        held_us = self.shipped() if months else 0
        for month in (each for each in months if known[each.start] <= held_us):
            if self.stopped():
                break
            with self._noted():
                rows = prune(self.database, self.archive, series, month)
                self.log.info("month pruned", series=str(series), month=str(month), rows=rows)

    def _series(self) -> list[Series]:
        with self.database.read() as connection:
            return [status.series for status in series_statuses(connection)]

    def _disagrees(self, series: Series) -> bool:
        """Whether a sealed month's file is not there, or not of the size and name that it was; no file is opened."""
        with self.database.read() as connection:
            known = {
                str(Month.of(month.start)): month.sha256
                for month in archived_months(connection, series)
                if month.is_sealed
            }
        there = {manifest.month: manifest.sha256 for manifest in sealed(self.archive, series)}
        return any(there.get(month) != sha256 for month, sha256 in known.items())

    def _mend(self, series: Series) -> None:
        for problem in verify(self.database, self.archive, series):
            self.log.warning("the archive is damaged", path=str(problem.path), why=problem.told)
            with self._noted():
                self.log.warning(
                    "mended", path=str(problem.path), how=mend(self.database, self.archive, problem, now_us())
                )

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """One month that can't be done does not hold up the others."""
        try:
            yield
        except RepairError as error:
            self.complaints.append(str(error))
            self.log.warning("a month can't be done", error=str(error))
