"""When the disk will be full."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.upkeep import Forecast, Sample, forecast

HOUR_US = 3_600 * 1_000_000
GB = 1_000_000_000
TOTAL = 100 * GB


def disk(used: list[float], hours: int = 1, total: int = TOTAL) -> list[Sample]:
    """A sample every so many hours, of so many GB that were used."""
    return [
        Sample(place * hours * HOUR_US, 0, 0, 0, 0, total - round(each * GB), total) for place, each in enumerate(used)
    ]


def test_a_disk_that_fills_up_by_one_gigabyte_a_day_and_has_ten_left_is_full_in_ten_days() -> None:
    told = forecast(disk([90 + day / 24 for day in range(8 * 24)]), 10 * GB)
    assert told.bytes_a_day == pytest.approx(GB)
    assert told.days_left == pytest.approx(10)
    assert told.confidence == "good"


def test_a_backup_that_comes_and_goes_each_night_does_not_move_it() -> None:
    steady = [50 + hour / 24 for hour in range(10 * 24)]
    with_backups = [used + (30 if hour % 24 in (2, 3) else 0) for hour, used in enumerate(steady)]
    told = forecast(disk(with_backups), 40 * GB)
    assert told.days_left == pytest.approx(40, rel=0.05)


def test_a_disk_that_empties_or_stays_as_it_is_never_gets_full() -> None:
    for used in ([50 - hour / 24 for hour in range(48)], [50.0] * 48):
        told = forecast(disk(used), 50 * GB)
        assert told.days_left is None
        assert not told.is_alarming(1_000)


def test_a_disk_that_was_made_larger_has_not_been_emptied() -> None:
    before, after = (
        disk([50 + hour / 24 for hour in range(48)]),
        disk([50 + hour / 24 for hour in range(96)], 1, 2 * TOTAL),
    )
    told = forecast([*before[:48], *after[48:]], 100 * GB)
    assert told.bytes_a_day == pytest.approx(GB)


def test_without_an_hour_of_samples_there_is_no_forecast() -> None:
    nothing = Forecast(0.0, None, "none")
    assert forecast([], GB) == nothing
    assert forecast(disk([1]), GB) == nothing
    assert forecast(disk([1, 50])[:1] * 3, GB) == nothing


def test_the_first_backfill_fills_the_disk_quickly_and_is_no_reason_for_a_warning() -> None:
    told = forecast(disk([1, 11, 21, 31]), 60 * GB)
    assert told.days_left == pytest.approx(0.25)
    assert told.confidence == "low"
    assert not told.is_alarming(14)


def test_after_a_day_the_same_growth_is_a_warning() -> None:
    told = forecast(disk([hour / 2 for hour in range(26)]), 60 * GB)
    assert told.confidence == "fair"
    assert told.is_alarming(14)
    assert not told.is_alarming(4)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=400), st.integers(0, TOTAL))
def test_whatever_the_samples_it_lies_between_the_steepest_fall_and_the_steepest_rise(
    used: list[float], free: int
) -> None:
    told = forecast(disk(used, hours=2), free)
    most = 100 * GB * 12 + 1
    assert -most <= told.bytes_a_day <= most
    assert told.days_left is None or told.days_left >= 0
