"""When the keeper does what, and how its last rounds went."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from structlog.typing import FilteringBoundLogger

from shared.config import KeeperSettings
from shared.errors import ChandlerError, ConfigError

Job = Callable[[], object]

_GRACE_SECONDS = 6 * 3_600
_FIRST_BACKUP_AFTER = timedelta(seconds=60)


class Rounds:
    """Runs jobs and remembers how the last run of each ended; a failure never ends the keeper."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log
        self._failures: dict[str, str] = {}

    def run(self, name: str, job: Job) -> None:
        """Run it once and log what goes wrong."""
        try:
            job()
        except (ChandlerError, OSError) as error:
            self._failures[name] = str(error)
            self._log.error(f"{name} failed", error=str(error))
        except Exception as error:  # noqa: BLE001 - a job's edge: the other jobs go on
            self._failures[name] = f"{type(error).__name__}: {error}"
            self._log.exception(f"{name} failed")
        else:
            self._failures.pop(name, None)

    @property
    def complaint(self) -> str | None:
        """What the last runs could not do; None if all went well."""
        return "; ".join(f"{name}: {why}" for name, why in sorted(self._failures.items())) or None


def scheduled(settings: KeeperSettings, jobs: Mapping[str, Job], rounds: Rounds, now: datetime) -> BackgroundScheduler:
    """A scheduler, not yet started, for the jobs `checkpoint`, `audit` and `backup`, and `archive` if it is among them.

    All but `backup` begin at once. `backup` is to take one only if one is due: it runs when the timetable says, a
    minute after the start, and every hour, so that what a failure, a sleep or a stop made it miss is made up for.
    ConfigError if the timetable is no cron expression.
    """
    scheduler = BackgroundScheduler(
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": _GRACE_SECONDS},
    )
    every = {
        "checkpoint": settings.checkpoint_seconds,
        "audit": 60 * settings.audit_minutes,
        "archive": 60 * settings.archive_minutes,
    }
    for name, seconds in ((name, seconds) for name, seconds in every.items() if name in jobs):
        trigger = IntervalTrigger(seconds=max(1, round(seconds)), timezone=UTC)
        scheduler.add_job(rounds.run, trigger, args=(name, jobs[name]), id=name, next_run_time=now)
    first = now + _FIRST_BACKUP_AFTER
    hourly = IntervalTrigger(hours=1, start_date=first, timezone=UTC)
    either = OrTrigger([_backup_hours(settings.backup_at), hourly])
    scheduler.add_job(rounds.run, either, args=("backup", jobs["backup"]), id="backup", next_run_time=first)
    return scheduler


def next_backup(backup_at: str, after: datetime) -> datetime | None:
    """The first time after a moment that a cron expression names, UTC; None if there is none any more."""
    due: datetime | None = _backup_hours(backup_at).get_next_fire_time(None, after + timedelta(microseconds=1))
    return due


def _backup_hours(backup_at: str) -> CronTrigger:
    try:
        return CronTrigger.from_crontab(backup_at, timezone=UTC)
    except ValueError as error:
        raise ConfigError(f"keeper.backup_at = {backup_at!r}: {error}") from None
