"""When the keeper does what, and how its last rounds went."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from structlog.typing import FilteringBoundLogger

from keeper.notes import Notes
from shared.clock import now_us
from shared.config import Settings
from shared.errors import ChandlerError, ConfigError

Work = Callable[[], Mapping[str, object] | None]
"""Returns what it measured; None if nothing was due. What it raises is a failure."""

_GRACE_SECONDS = 6 * 3_600
_STEP_US = 1_000_000


@dataclass(frozen=True)
class Job:
    """A piece of upkeep. It first runs `first` after the start, and from then on as `trigger` says.

    One that is `brief` and runs all the time is noted only now and then while all is well.
    """

    name: str
    trigger: BaseTrigger
    work: Work
    first: timedelta = timedelta(0)
    brief: bool = False


class Rounds:
    """Runs jobs, notes how each went, and remembers what failed; a failure never ends the keeper.

    `stopped` tells that the keeper is to end: what a job leaves undone then is no failure.
    """

    def __init__(
        self, log: FilteringBoundLogger, notes: Notes | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self._log = log
        self._notes = notes
        self._stopped = stopped
        self._failures: dict[str, str] = {}

    def run(self, job: Job) -> None:
        """Run it once and log what goes wrong."""
        if self._stopped():
            return
        began, clock = now_us(), time.monotonic()
        if self._notes and not job.brief:
            self._notes.begin(job.name, began)
        figures, failure = self._done(job)
        if failure is not None and self._stopped():
            self._log.info(f"{job.name} is left for another time", why=failure)
            return
        if failure is None:
            self._failures.pop(job.name, None)
        else:
            self._failures[job.name] = failure
        if self._notes:
            seconds = time.monotonic() - clock
            self._notes.finish(job.name, began, now_us(), seconds, failure, figures, brief=job.brief)

    @property
    def complaint(self) -> str | None:
        """What the last runs could not do; None if all went well."""
        return "; ".join(f"{name}: {why}" for name, why in sorted(self._failures.items())) or None

    def _done(self, job: Job) -> tuple[Mapping[str, object] | None, str | None]:
        try:
            return job.work(), None
        except (ChandlerError, OSError) as error:
            if not self._stopped():
                self._log.error(f"{job.name} failed", error=str(error))
            return None, str(error)
        except Exception as error:  # noqa: BLE001 - a job's edge: the other jobs go on
            self._log.exception(f"{job.name} failed")
            return None, f"{type(error).__name__}: {error}"


def scheduled(jobs: Iterable[Job], rounds: Rounds, now: datetime) -> BackgroundScheduler:
    """A scheduler, not yet started, for these jobs: a thread each, so that none waits for another."""
    jobs = list(jobs)
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(max(1, len(jobs)))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": _GRACE_SECONDS},
    )
    for job in jobs:
        scheduler.add_job(rounds.run, job.trigger, args=(job,), id=job.name, next_run_time=now + job.first)
    return scheduler


class StepBack:
    """Notices that the wall clock was set back: the scheduler goes by it, and would wait until it is where it was."""

    def __init__(self, wall_us: int, boot_us: int) -> None:
        """By both clocks as they are now."""
        self._ahead_us = wall_us - boot_us

    def is_new(self, wall_us: int, boot_us: int) -> bool:
        """Whether it was, since this was asked last, by more than clocks are trimmed by."""
        before, self._ahead_us = self._ahead_us, wall_us - boot_us
        return self._ahead_us < before - _STEP_US


def run_all(scheduler: BackgroundScheduler, now: datetime) -> None:
    """Have every job run now, and from then on as its trigger says."""
    for job in scheduler.get_jobs():
        job.modify(next_run_time=now)


def every(seconds: float) -> BaseTrigger:
    """Again and again, so many seconds apart; no more often than each second."""
    return IntervalTrigger(seconds=max(1, round(seconds)), timezone=UTC)


def timetable(key: str, cron: str, first: datetime) -> BaseTrigger:
    """At the hours of a cron expression, and every hour from `first` on: what was missed is made up for by then.

    For work that looks itself whether it is due. ConfigError, which names the `key`, if it is no cron expression.
    """
    return OrTrigger([_hours(key, cron), IntervalTrigger(hours=1, start_date=first, timezone=UTC)])


def next_time(key: str, cron: str, after: datetime) -> datetime | None:
    """The first time after a moment that a cron expression names, UTC; None if there is none any more."""
    due: datetime | None = _hours(key, cron).get_next_fire_time(None, after + timedelta(microseconds=1))
    return due


def mistakes(settings: Settings, now: datetime) -> list[str]:
    """Which timetables of a configuration are no cron expression, or name a day that never comes."""
    return [told for key, cron in timetables(settings).items() if (told := _mistake(key, cron, now))]


def timetables(settings: Settings) -> dict[str, str]:
    """Every cron expression by its key."""
    of_keeper = {f"keeper.{name}": getattr(settings.keeper, name) for name in ("backup_at", "increment_at", "drill_at")}
    return {**of_keeper, "tiers.at": settings.tiers.at}


def _mistake(key: str, cron: str, now: datetime) -> str | None:
    try:
        return None if next_time(key, cron, now) else f"{key} = {cron!r}: that day never comes"
    except ConfigError as error:
        return str(error)


def _hours(key: str, cron: str) -> CronTrigger:
    try:
        return CronTrigger.from_crontab(cron, timezone=UTC)
    except ValueError as error:
        raise ConfigError(f"{key} = {cron!r}: {error}; a cron expression is meant, as '30 2 * * *'") from None
