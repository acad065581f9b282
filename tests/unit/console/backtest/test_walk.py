"""Parameters chosen on one stretch of time, traded on the next."""

from collections.abc import Sequence

import pytest

from console.backtest.walk import days_of, walked, windows
from shared.errors import ConfigError, StopError
from shared.portfolio.ratios import Performance
from trader.backtest.grid import Failed, Found, Job

DAY = 86_400_000
PARTS = [(0, 60, 80), (20, 80, 100)]
CHOICES = [{"window": 5}, {"window": 9}]


def came_to(job: Job, gain: float) -> Found:
    return Found(job, Performance(1, gain, None, None, None, None, None, 0.0, 0), 0.0, 1, "1", "")


def test_each_test_begins_where_its_training_ended_and_the_next_is_moved_on_by_a_test() -> None:
    assert list(windows(None, None, (0, 105), 60, 20)) == [(0, 60, 80), (20, 80, 100), (40, 100, 105)]
    assert list(windows(10, 95, (0, 105), 60, 20)) == [(10, 70, 90), (30, 90, 95)]
    assert not list(windows(None, None, (0, 60), 60, 20))


@pytest.mark.parametrize("told", ["60/20", "60d/20d", " 60 / 20d"])
def test_days_may_be_named(told: str) -> None:
    assert days_of(told) == (60 * DAY, 20 * DAY)


@pytest.mark.parametrize("told", ["60", "0/20", "60/-1", "a/b", "60/20/10", "inf/1", "nan/1"])
def test_what_is_no_pair_of_days_is_refused(told: str) -> None:
    with pytest.raises(ConfigError, match="days of training and of test"):
        days_of(told)


def test_the_best_of_the_training_is_traded_even_if_another_would_have_done_better() -> None:
    def run(jobs: Sequence[Job], what: str) -> list[Found | Failed]:
        worth = {"training": {5: 0.1, 9: 0.2}, "testing": {5: 0.5, 9: -0.3}}[what]
        return [came_to(job, worth[job.parameters["window"]]) for job in jobs]

    steps = walked(run, PARTS, CHOICES, "return")
    assert [step.trained.job for step in steps] == [Job({"window": 9}, 0, 60), Job({"window": 9}, 20, 80)]
    assert [step.tested.job for step in steps] == [Job({"window": 9}, 60, 80), Job({"window": 9}, 80, 100)]
    assert [step.tested.performance.total_return for step in steps] == [-0.3, -0.3]


def test_a_set_that_fails_is_not_chosen_and_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def run(jobs: Sequence[Job], what: str) -> list[Found | Failed]:
        return [Failed(job, "why") if job.parameters["window"] == 9 else came_to(job, 0.1) for job in jobs]

    assert all(step.tested.job.parameters == {"window": 5} for step in walked(run, PARTS, CHOICES, "return"))
    assert "window=9 failed: why" in capsys.readouterr().err


def test_a_training_that_nothing_came_of_stops_the_walk() -> None:
    with pytest.raises(StopError, match="window=5: why"):
        walked(lambda jobs, _: [Failed(job, "why") for job in jobs], PARTS, CHOICES, "return")
