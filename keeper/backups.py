"""The keeper's backups: full ones by their timetable, old ones let go, the newest proved by a drill."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from shutil import rmtree
from threading import Lock

from structlog.typing import FilteringBoundLogger

from shared.backup.chain import shelf
from shared.backup.check import read_fulls, verify_full
from shared.backup.full import take_full
from shared.backup.increment import FullNeededError, standing, take_increment
from shared.backup.keep import is_due
from shared.backup.manifest import Backup, Full
from shared.backup.pace import Pace
from shared.backup.place import full_path, increment_path
from shared.backup.prune import let_go
from shared.backup.restore import Restored, restore
from shared.clock import now_us
from shared.config import KeeperSettings
from shared.database import Database
from shared.errors import RepairError, RetryError
from shared.upkeep import keeper_jobs

Figures = Mapping[str, object]

_SCRATCH = ".drill"


@dataclass
class Backups:
    """What the jobs need; `stopped` says whether to leave the rest for another time.

    `wait_seconds` is how long one waits for another process that writes backups: a keeper's jobs come again by
    themselves. Jobs of one keeper take turns.
    """

    database: Database
    file: Path
    root: Path
    archive: Path
    settings: KeeperSettings
    log: FilteringBoundLogger
    stopped: Callable[[], bool] = lambda: False
    wait_seconds: float = 10.0
    turn: AbstractContextManager[object] = field(default_factory=Lock)

    def full_if_due(self) -> Figures | None:
        """Take a full backup unless the newest is the one that the timetable asks for; None if it is."""
        hours = self._hours("keeper.backup_at", self.settings.backup_at)
        there = [full for full in read_fulls(self.root)[0] if self._is_there(full) and self._is_own(full)]
        return self._in_turn(self.full) if is_due([full.taken_at_us for full in there], now_us(), hours) else None

    def full(self) -> Figures:
        """Take a full backup now, and let go of what is older than it has to be.

        RepairError, once it is taken, if files of the archive that it needs could not be read whole.
        """
        began = time.monotonic()
        full = take_full(self.file, self.root, self.archive, now_us(), Pace(self._go_on), self.wait_seconds)
        path = full_path(self.root, full.taken_at_us)
        seconds = time.monotonic() - began
        self.log.info("backup taken", path=str(path), bytes=full.bytes, seconds=round(seconds, 1))
        for gone in let_go(self.root, self.settings.keep_backup_days):
            self.log.info("backup let go", path=str(gone))
        if full.lacking:
            raise RepairError(
                f"{path} lacks {len(full.lacking)} of the archive's files that it needs, as {full.lacking[0]}:"
                " `chandler archive verify` tells what is wrong"
            )
        return {"path": str(path), "bytes": full.bytes, "raw_bytes": full.raw_bytes, "seconds": round(seconds, 3)}

    def increment_if_due(self) -> Figures | None:
        """Take an increment unless the newest is the one that the timetable asks for; None if it is.

        Before the first full backup nothing is due, of a restored database, too: an increment carries on from one.
        """
        hours = self._hours("keeper.increment_at", self.settings.increment_at)
        taken = [each.manifest.taken_at_us for each in shelf(self.root).increments if self._is_own(each.manifest)]
        there = any(self._is_there(full) and self._is_own(full) for full in read_fulls(self.root)[0])
        return self._in_turn(self.increment) if there and is_due(taken, now_us(), hours) else None

    def increment(self) -> Figures:
        """Take an increment now, or a full backup where only that can go on; RepairError as of a full one."""
        began = time.monotonic()
        try:
            made = take_increment(
                self.database, self.root, self.archive, now_us(), Pace(self._go_on), self.wait_seconds
            )
        except FullNeededError as error:
            self.log.info("a full backup is needed", why=str(error))
            return self.full()
        path = increment_path(self.root, made.stamp_us)
        seconds = time.monotonic() - began
        self.log.info("increment taken", path=str(path), bytes=made.bytes, seconds=round(seconds, 1))
        if made.lacking:
            raise RepairError(
                f"{path} lacks {len(made.lacking)} of the archive's files that it needs, as {made.lacking[0]}:"
                " `chandler archive verify` tells what is wrong"
            )
        return {"path": str(path), "bytes": made.bytes, "raw_bytes": made.raw_bytes, "seconds": round(seconds, 3)}

    def drill_if_due(self) -> Figures | None:
        """Hold a drill unless the last that went well is the one that the timetable asks for, or nothing is there."""
        hours = self._hours("keeper.drill_at", self.settings.drill_at)
        with self.database.read() as connection:
            jobs = [job for job in keeper_jobs(connection) if job.job == "drill"]
        done = [job.succeeded_at_us for job in jobs if job.succeeded_at_us is not None]
        return self._in_turn(self.drill) if any(read_fulls(self.root)) and is_due(done, now_us(), hours) else None

    def drill(self) -> Figures:
        """Restore the newest backup into a scratch place and hold every row against the digests.

        RepairError, an alarm, if it is not what was backed up.
        """
        began = time.monotonic()
        fulls, problems = read_fulls(self.root)
        if not fulls:
            told = "; ".join(problem.told for problem in problems) or f"there is none in {self.root}"
            raise RepairError(f"no backup can be restored: {told}")
        newest = max(fulls, key=lambda full: full.taken_at_us)
        with self._scratch() as scratch:
            _pass(verify_full(self.root, newest, scratch, Pace(self._go_on)))
            made = self._restored(scratch / "restored.db")
            _pass(made.problems)
        seconds, age = time.monotonic() - began, (now_us() - made.at_us) / 1_000_000
        path = str(made.full)
        self.log.info("drill went well", path=path, age_seconds=round(age), seconds=round(seconds, 1))
        return {"path": path, "links": made.links, "age_seconds": round(age, 3), "seconds": round(seconds, 3)}

    def _restored(self, target: Path) -> Restored:
        pace = Pace(self._go_on)
        return restore(self.root, None, target, now_us(), each_step=pace, wait_seconds=self.wait_seconds)

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        """A directory of the drill's own, where room for a backup is; what a killed drill left there goes first."""
        scratch = self.root / _SCRATCH
        rmtree(scratch, ignore_errors=True)
        try:
            scratch.mkdir(parents=True)
            yield scratch
        finally:
            rmtree(scratch, ignore_errors=True)

    def _hours(self, key: str, cron: str) -> Callable[[datetime], datetime | None]:
        from keeper.rounds import next_time  # noqa: PLC0415 - by hand a backup needs no timetable

        return partial(next_time, key, cron)

    def _in_turn(self, work: Callable[[], Figures]) -> Figures:
        with self.turn:
            self._go_on()
            return work()

    def _is_there(self, full: Full) -> bool:
        path = full_path(self.root, full.taken_at_us)
        return path.exists() and path.stat().st_size == full.bytes

    def _is_own(self, backup: Backup) -> bool:
        """Whether it is of this database as it lives on now: a restored or upgraded one begins anew."""
        with self.database.read() as connection:
            stands = standing(connection)
        return (backup.timeline, backup.schema_version) == (stands.timeline, stands.schema_version)

    def _go_on(self) -> None:
        if self.stopped():
            raise RetryError("the keeper was told to stop; the unfinished backup is dropped")


def _pass(problems: list[str]) -> None:
    if problems:
        raise RepairError("the newest backup failed its drill: " + "; ".join(problems))
