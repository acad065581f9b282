"""The keeper's rounds."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import structlog
from apscheduler.triggers.base import BaseTrigger

from keeper.rounds import Job, Rounds, StepBack, Work, every, next_time, run_all, scheduled, timetable
from shared.errors import ConfigError, RepairError, RetryError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rounds(stopped: Callable[[], bool] = lambda: False) -> Rounds:
    return Rounds(structlog.get_logger(), stopped=stopped)


def job(name: str, work: Work) -> Job:
    return Job(name, every(60), work)


def succeed() -> Mapping[str, object]:
    return {}


def test_a_failure_is_remembered_until_the_job_succeeds_again() -> None:
    ours = rounds()

    def fail() -> Mapping[str, object]:
        raise RepairError("the books don't add up")

    def break_down() -> Mapping[str, object]:
        raise ZeroDivisionError("a mistake of ours")

    ours.run(job("audit", fail))
    ours.run(job("backup", break_down))
    assert ours.complaint == "audit: the books don't add up; backup: ZeroDivisionError: a mistake of ours"
    ours.run(job("audit", succeed))
    ours.run(job("backup", lambda: None))
    assert ours.complaint is None


def test_what_a_job_leaves_undone_because_the_keeper_ends_is_no_failure() -> None:
    asked = False

    def stop_in_the_middle() -> Mapping[str, object]:
        nonlocal asked
        asked = True
        raise RetryError("told to stop")

    ours = rounds(lambda: asked)
    ours.run(job("backup", stop_in_the_middle))
    assert asked
    assert ours.complaint is None


def test_once_the_keeper_is_to_end_no_further_job_begins() -> None:
    done = list[str]()
    rounds(lambda: True).run(job("audit", lambda: done.append("audit")))
    assert done == []


def test_every_job_waits_for_its_own_run_before_and_is_never_dropped_for_being_a_little_late() -> None:
    jobs = [job("audit", succeed), Job("backup", timetable("k", "30 2 * * *", NOW), succeed, timedelta(minutes=1))]
    scheduler = scheduled(jobs, rounds(), NOW)
    scheduler.start(paused=True)
    try:
        assert {each.id: each.next_run_time for each in scheduler.get_jobs()} == {
            "audit": NOW,
            "backup": NOW + timedelta(minutes=1),
        }
        for each in scheduler.get_jobs():
            assert (each.max_instances, each.coalesce) == (1, True)
            assert each.misfire_grace_time > 3_600
    finally:
        scheduler.shutdown()


def test_a_clock_that_was_set_back_is_noticed_once_and_one_that_is_trimmed_or_set_on_is_none() -> None:
    hour, second = 3_600_000_000, 1_000_000
    clock = StepBack(wall_us=10 * hour, boot_us=hour)
    assert not clock.is_new(10 * hour + 5 * second, hour + 5 * second)
    assert not clock.is_new(10 * hour + 9 * second, hour + 10 * second)
    assert clock.is_new(9 * hour, hour + 15 * second)
    assert not clock.is_new(9 * hour + 5 * second, hour + 20 * second)
    assert not clock.is_new(12 * hour, hour + 25 * second)


def test_jobs_go_on_when_the_clock_was_set_back() -> None:
    scheduler = scheduled([job("checkpoint", succeed)], rounds(), NOW + timedelta(days=365))
    scheduler.start(paused=True)
    try:
        run_all(scheduler, NOW)
        (checkpoint,) = scheduler.get_jobs()
        assert checkpoint.next_run_time == NOW
        assert checkpoint.trigger.get_next_fire_time(NOW, NOW) == NOW + timedelta(seconds=60)
    finally:
        scheduler.shutdown()


def fire_times(trigger: BaseTrigger, first: datetime, count: int) -> list[datetime]:
    """The first runs of a job."""
    times = [first]
    while len(times) < count:
        times.append(trigger.get_next_fire_time(times[-1], times[-1]))
    return times


def test_a_timetable_is_kept_in_utc_and_looked_at_every_hour_so_that_nothing_is_missed_for_long() -> None:
    first = NOW + timedelta(minutes=1)
    times = fire_times(timetable("keeper.backup_at", "30 2 * * *", first), first, 48)
    assert all(later - earlier <= timedelta(hours=1) for earlier, later in pairwise(times))
    assert datetime(2026, 3, 2, 2, 30, tzinfo=UTC) in times


def test_after_a_backup_the_next_is_due_at_its_hour_and_not_again_in_the_same_second() -> None:
    taken = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
    assert next_time("keeper.backup_at", "30 2 * * *", taken) == taken + timedelta(days=1)
    assert next_time("keeper.backup_at", "30 2 * * *", taken - timedelta(seconds=1)) == taken


def test_a_cron_expression_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"keeper\.backup_at = 'at night'"):
        timetable("keeper.backup_at", "at night", NOW)
