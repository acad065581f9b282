"""When the keeper does what, and how its last rounds went."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger
from structlog.typing import FilteringBoundLogger

from shared.config import KeeperSettings
from shared.errors import ChandlerError, ConfigError

Job = Callable[[], object]

_GRACE_SECONDS = 6 * 3_600
_CATCH_UP_AFTER = timedelta(seconds=60)


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
    """A scheduler, not yet started, for the jobs `checkpoint`, `audit`, `backup` and `catch_up`.

    Checkpoint and audit begin at once; ConfigError if the cron expression is none.
    """
    scheduler = BackgroundScheduler(
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": _GRACE_SECONDS},
    )
    try:
        daily = CronTrigger.from_crontab(settings.backup_at, timezone=UTC)
    except ValueError as error:
        raise ConfigError(f"keeper.backup_at = {settings.backup_at!r}: {error}") from None
    every = {"checkpoint": settings.checkpoint_seconds, "audit": 60 * settings.audit_minutes}
    for name, seconds in every.items():
        trigger = IntervalTrigger(seconds=max(1, round(seconds)), timezone=UTC)
        scheduler.add_job(rounds.run, trigger, args=(name, jobs[name]), id=name, next_run_time=now)
    scheduler.add_job(rounds.run, daily, args=("backup", jobs["backup"]), id="backup")
    scheduler.add_job(rounds.run, DateTrigger(now + _CATCH_UP_AFTER), args=("backup", jobs["catch_up"]), id="catch_up")
    return scheduler
