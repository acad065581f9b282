"""Puts the keeper together: `run` until SIGTERM, or one `backup` or `audit` now."""

import argparse
import os
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from keeper.archive import Archivist, can_seal
from keeper.audit import audit
from keeper.backup import backups_in, is_due, take_backup
from keeper.rounds import Rounds, next_backup, scheduled
from shared.config import KeeperSettings, Settings, load_settings
from shared.database import Database, open_database, require_current
from shared.database.upkeep import checkpoint, database_file
from shared.errors import ChandlerError, RepairError, RetryError
from shared.health import report
from shared.logs import start_logging
from shared.stop import Stop, stop_on_signals

_REPORT_SECONDS = 5


def main(arguments: list[str] | None = None) -> int:
    """`python -m keeper`; 0 if all went well, 1 with a message if not."""
    parser = argparse.ArgumentParser(
        prog="python -m keeper", description="Looks after what is stored: backups, checkpoints, audits, the archive."
    )
    parser.add_argument(
        "command",
        nargs="?",
        choices=("run", "backup", "audit", "archive"),
        default="run",
        help="run until stopped (the default); backup: take one now and print its path; audit: check the books now;"
        " archive: seal the months that are complete now",
    )
    command = parser.parse_args(arguments).command
    try:
        settings = load_settings(os.environ)
        log = start_logging("keeper", settings.logs.level, as_json=settings.logs.as_json)
        keeper = Keeper(settings, log)
        try:
            commands = {
                "run": keeper.run,
                "backup": keeper.print_backup,
                "audit": keeper.audit,
                "archive": keeper.archive,
            }
            commands[command]()
        finally:
            keeper.close()
    except (ChandlerError, OSError) as error:
        print(f"keeper: {error}", file=sys.stderr)
        return 1
    return 0


class Keeper:
    """The jobs, on one database."""

    def __init__(self, settings: Settings, log: FilteringBoundLogger) -> None:
        self._settings: KeeperSettings = settings.keeper
        self._archive: Path = settings.paths.archive
        self._settle_ms = {name: int(each.settle_seconds * 1000) for name, each in settings.exchanges.items()}
        self._backups: Path = settings.paths.backups
        self._file = database_file(settings.database_url())
        self._database: Database = open_database(settings.database_url(), "full", settings.database.busy_timeout_ms)
        self._log = log
        self._stop = Stop()
        require_current(self._database)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def run(self) -> None:
        """Do the rounds until SIGTERM or SIGINT."""
        self._stop = stop_on_signals()
        rounds = Rounds(self._log)
        jobs = {"checkpoint": self.checkpoint, "audit": self.audit, "backup": self.backup_if_due}
        if can_seal():
            jobs["archive"] = self.archive
        else:
            self._log.warning("months are not sealed: the archive needs pyarrow: install requirements/files.lock")
        scheduler = scheduled(self._settings, jobs, rounds, datetime.now(UTC))
        scheduler.start()
        self._log.info("keeper started", backups=str(self._backups), backup_at=self._settings.backup_at)
        while True:
            report(rounds.complaint is None, rounds.complaint or "the last rounds went well")
            if self._stop.wait(_REPORT_SECONDS):
                break
        scheduler.shutdown()
        self._log.info("keeper stopped")

    def checkpoint(self) -> None:
        """Keep the WAL short without making a writer wait."""
        pages, moved = checkpoint(self._file)
        self._log.debug("checkpoint", wal_pages=pages, moved=moved)

    def audit(self) -> None:
        """Hold positions and cash against trades; RepairError names every difference."""
        with self._database.read() as connection:
            complaints = audit(connection)
        if complaints:
            more = [f"and {len(complaints) - 20} more"] if len(complaints) > 20 else []
            raise RepairError("the books don't add up: " + " | ".join(complaints[:20] + more))
        self._log.debug("audit", result="positions and cash follow from trades")

    def archive(self) -> None:
        """Seal the months that are complete, mend what is damaged, prune if that is asked for.

        RepairError names every month that could not be done; the others were.
        """
        archivist = Archivist(
            self._database,
            self._archive,
            self._settle_ms,
            self._settings.prune_after_months,
            self._settings.hot_candles,
            self._log,
            self._stop.is_asked,
        )
        archivist.round()

    def backup(self) -> Path:
        """Take a backup now."""
        now = datetime.now(UTC)
        path = take_backup(self._file, self._backups, self._settings.keep_backups, now, self._go_on)
        self._log.info("backup taken", path=str(path), bytes=path.stat().st_size)
        return path

    def backup_if_due(self) -> None:
        """Take a backup unless the newest is the one that the timetable asks for."""
        timetable = partial(next_backup, self._settings.backup_at)
        if is_due(backups_in(self._backups), datetime.now(UTC), timetable):
            self.backup()

    def print_backup(self) -> None:
        """Take a backup and print its path, for a host's cron."""
        print(self.backup())

    def _go_on(self) -> None:
        if self._stop.is_asked():
            raise RetryError("the keeper was told to stop; the unfinished backup is dropped")
