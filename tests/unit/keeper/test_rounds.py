"""The keeper's rounds."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import structlog
from apscheduler.job import Job

from keeper.rounds import Rounds, next_backup, scheduled
from shared.config import KeeperSettings
from shared.errors import ConfigError, RepairError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
JOBS = {name: lambda: None for name in ("checkpoint", "audit", "backup")}


def rounds() -> Rounds:
    return Rounds(structlog.get_logger())


def test_a_failure_is_remembered_until_the_job_succeeds_again() -> None:
    ours = rounds()

    def fail() -> None:
        raise RepairError("the books don't add up")

    def break_down() -> None:
        raise ZeroDivisionError("a mistake of ours")

    ours.run("audit", fail)
    ours.run("backup", break_down)
    assert ours.complaint == "audit: the books don't add up; backup: ZeroDivisionError: a mistake of ours"
    ours.run("audit", lambda: None)
    ours.run("backup", lambda: None)
    assert ours.complaint is None


def test_every_round_waits_for_the_one_before_and_is_never_dropped_for_being_a_little_late() -> None:
    scheduler = scheduled(KeeperSettings(), JOBS, rounds(), NOW)
    scheduler.start(paused=True)
    try:
        assert {job.id for job in scheduler.get_jobs()} == set(JOBS)
        for job in scheduler.get_jobs():
            assert (job.max_instances, job.coalesce) == (1, True)
            assert job.misfire_grace_time > 3_600
    finally:
        scheduler.shutdown()


def fire_times(job: Job, count: int) -> list[datetime]:
    """The first runs of a job that has not run yet."""
    times = [job.next_run_time]
    while len(times) < count:
        times.append(job.trigger.get_next_fire_time(times[-1], times[-1]))
    return times


def test_a_backup_is_looked_for_soon_after_the_start_then_every_hour_and_at_its_hour_in_utc() -> None:
    scheduler = scheduled(KeeperSettings(backup_at="30 2 * * *"), JOBS, rounds(), NOW)
    (backup,) = (job for job in scheduler.get_jobs() if job.id == "backup")
    times = fire_times(backup, 48)
    assert times[0] == NOW + timedelta(minutes=1)
    assert all(later - earlier <= timedelta(hours=1) for earlier, later in pairwise(times))
    assert datetime(2026, 3, 2, 2, 30, tzinfo=UTC) in times


def test_after_a_backup_the_next_is_due_at_its_hour_and_not_again_in_the_same_second() -> None:
    taken = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
    assert next_backup("30 2 * * *", taken) == taken + timedelta(days=1)
    assert next_backup("30 2 * * *", taken - timedelta(seconds=1)) == taken


def test_a_cron_expression_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"keeper\.backup_at = 'at night'"):
        scheduled(KeeperSettings(backup_at="at night"), JOBS, rounds(), NOW)
