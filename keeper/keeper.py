"""The keeper: its jobs on one database, and the one process of several that does them."""

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta

from structlog.typing import FilteringBoundLogger

from keeper.archive import Archivist, can_seal
from keeper.audit import audit
from keeper.backups import Backups
from keeper.disk import DiskWatch
from keeper.notes import Notes
from keeper.rounds import Job, Rounds, StepBack, every, mistakes, run_all, scheduled, timetable
from keeper.tiers import Tiers
from keeper.wal import WalWatch
from shared.backup.increment import shipped_stamp
from shared.clock import boot_us, now_us
from shared.config import Settings
from shared.database import Database, open_database, require_current, slow_of
from shared.database.upkeep import database_file
from shared.errors import ConfigError, RepairError, RetryError
from shared.health import report
from shared.run import running
from shared.stop import Stop, stop_on_signals
from shared.upkeep import Busy, alone, keeper_lock

_REPORT_SECONDS = 5
_STANDBY_SECONDS = 1
#: As many jobs may read at a time; they read for long, so no query timeout ends them.
_READERS = 4
_DISK_SECONDS = 60
#: A note of what a job did waits no longer than this for another writer.
_NOTE_TIMEOUT_MS = 1_000
#: Later than any instant.
_EVER_US = 2**62
#: The migration, the first backfill and the traders' start go first.
_FIRST_BACKUP_AFTER = timedelta(seconds=60)


class Keeper:
    """The jobs, on one database."""

    def __init__(self, settings: Settings, log: FilteringBoundLogger) -> None:
        self._settings = settings
        self._file = database_file(settings.database_url())
        asked = settings.database
        self._database: Database = open_database(
            settings.database_url(), "full", asked.busy_timeout_ms, _READERS, slow_of(asked)
        )
        self._log = log
        self._stop = Stop()
        paths, stopped = settings.paths, self._is_stopped
        self._backups = Backups(self._database, self._file, paths.backups, paths.archive, settings.keeper, log, stopped)
        require_current(self._database)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def run(self) -> None:
        """Do the rounds until SIGTERM or SIGINT, as soon as no other keeper does them."""
        self._stop = stop_on_signals()
        with ExitStack() as work:
            if self._stand_by(lambda: work.enter_context(alone(keeper_lock(self._file), self._name()))):
                self._work()

    def jobs(self, now: datetime, noted: Database) -> list[Job]:
        """What is to be done, and when; `noted` is for notes. ConfigError if a timetable is no cron expression."""
        if wrong := mistakes(self._settings, now):
            raise ConfigError("; ".join(wrong))
        settings, first = self._settings.keeper, now + _FIRST_BACKUP_AFTER
        wal = WalWatch(self._file, settings.wal_megabytes * 1_000_000, self._log)
        disk = DiskWatch(noted, self._file, self._settings, self._log)
        backups = self._backups
        fulls = timetable("keeper.backup_at", settings.backup_at, first)
        increments = timetable("keeper.increment_at", settings.increment_at, first)
        drills = timetable("keeper.drill_at", settings.drill_at, first + _FIRST_BACKUP_AFTER)
        jobs = [
            Job("checkpoint", every(settings.checkpoint_seconds), wal.round, brief=True),
            Job("disk", every(_DISK_SECONDS), disk.round, brief=True),
            Job("audit", every(60 * settings.audit_minutes), self.audit),
            Job("backup", fulls, backups.full_if_due, _FIRST_BACKUP_AFTER),
            Job("increment", increments, backups.increment_if_due, _FIRST_BACKUP_AFTER),
            Job("drill", drills, backups.drill_if_due, 2 * _FIRST_BACKUP_AFTER),
        ]
        if not can_seal():
            self._log.warning("months are not sealed: the archive needs pyarrow: install requirements/files.lock")
            return jobs
        aging = timetable("tiers.at", self._settings.tiers.at, first)
        return [
            *jobs,
            Job("archive", every(60 * settings.archive_minutes), self.archive),
            Job("tiers", aging, self._tiers().round, _FIRST_BACKUP_AFTER),
        ]

    def _tiers(self) -> Tiers:
        paths = self._settings.paths
        return Tiers(
            self._database,
            self._file,
            paths.archive,
            self._settings.tiers,
            self._shipped,
            self._log,
            self._is_stopped,
        )

    def _stand_by(self, take: Callable[[], object]) -> bool:
        """Wait until no other keeper works; False if told to stop before. Standing by is healthy."""
        said = ""
        while not self._stop.is_asked():
            try:
                take()
            except Busy as error:
                if str(error) != said:
                    self._log.warning("standing by", why=str(error))
                said = str(error)
                report(healthy=True, detail=f"standing by: {error}")
                self._stop.wait(_STANDBY_SECONDS)
            else:
                return True
        return False

    def _work(self) -> None:
        with closing(self._for_notes()) as noted, running(self._settings.paths.data, "keeper", self._database):
            notes, now = Notes(noted, self._log), datetime.now(UTC)
            rounds = Rounds(self._log, notes, self._is_stopped)
            jobs = self.jobs(now, noted)
            scheduler = scheduled(jobs, rounds, now)
            notes.clear()
            scheduler.start()
            self._log.info(
                "keeper started", backups=str(self._settings.paths.backups), backup_at=self._settings.keeper.backup_at
            )
            step_back = StepBack(now_us(), boot_us())
            while True:
                if step_back.is_new(now_us(), boot_us()):
                    self._log.warning("the clock was set back: every job runs now, and by the new time from now on")
                    run_all(scheduler, datetime.now(UTC))
                report(rounds.complaint is None, rounds.complaint or "the last rounds went well")
                if self._stop.wait(_REPORT_SECONDS):
                    break
            scheduler.shutdown()
        self._log.info("keeper stopped")

    def _for_notes(self) -> Database:
        """The same database for what may be lost, and must not hold a job up: it waits for no writer for long."""
        timeout_ms = min(_NOTE_TIMEOUT_MS, self._settings.database.busy_timeout_ms)
        return open_database(self._settings.database_url(), "normal", timeout_ms, readers=1)

    def audit(self) -> Mapping[str, object]:
        """Hold positions and cash against trades; RepairError names every difference."""
        with self._database.read() as connection:
            complaints = audit(connection, self._go_on)
        if complaints:
            more = [f"and {len(complaints) - 20} more"] if len(complaints) > 20 else []
            raise RepairError("the books don't add up: " + " | ".join(complaints[:20] + more))
        self._log.debug("audit", result="positions and cash follow from trades")
        return {}

    def archive(self) -> Mapping[str, object]:
        """Seal the months that are complete, mend what is damaged, prune if that is asked for.

        RepairError names every month that could not be done; the others were.
        """
        settings = self._settings.keeper
        archivist = Archivist(
            self._database,
            self._settings.paths.archive,
            {name: int(each.settle_seconds * 1000) for name, each in self._settings.exchanges.items()},
            settings.prune_after_months,
            settings.hot_candles,
            self._log,
            self._is_stopped,
            self._shipped,
            self._settings.tiers.candles,
        )
        archivist.round()
        return {}

    def print_backup(self, *, full: bool) -> None:
        """Take a backup now and print its path, for a host's cron: what has changed since the last, or all of it."""
        figures = self._backups.full() if full else self._backups.increment()
        print(figures["path"])

    def _shipped(self) -> int:
        """Up to which instant (us) what leaves the database is in backups, or needs not be; 0 without any."""
        if self._settings.tiers.without_backup:
            return _EVER_US
        return shipped_stamp(self._database, self._settings.paths.backups)

    def _is_stopped(self) -> bool:
        return self._stop.is_asked()

    def _go_on(self) -> None:
        if self._stop.is_asked():
            raise RetryError("the keeper was told to stop; what is unfinished is dropped")

    def _name(self) -> str:
        return f"process {os.getpid()} on {socket.gethostname()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
