"""How a backup makes room for others."""

import pytest

from shared.backup.pace import Pace, rest_seconds


def test_flat_out_where_nobody_holds_it_up() -> None:
    assert rest_seconds(took=0.010, quickest=0.010) == 0
    assert rest_seconds(took=0.019, quickest=0.010) == 0


def test_it_rests_as_long_as_others_held_it_up() -> None:
    assert rest_seconds(took=0.090, quickest=0.010) == pytest.approx(0.070)


def test_it_never_rests_for_long() -> None:
    assert rest_seconds(took=60, quickest=0.010) == 0.5


def test_what_it_rests_itself_counts_for_no_step() -> None:
    now, rested = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        rested.append(seconds)
        now[0] += seconds

    pace = Pace(clock=lambda: now[0], sleep=sleep)
    for took in (0.01, 0.1, 0.01):
        now[0] += took
        pace()
    assert rested == pytest.approx([0, 0.08, 0])


def test_what_it_asks_before_each_step_can_end_the_work() -> None:
    def no() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        Pace(no)()
