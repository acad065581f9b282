"""Which backups may go."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.backup.keep import is_due, surplus
from shared.backup.manifest import Backup, Full, Increment
from tests.unit.shared.backup.manifests import DAY_US, HOUR_US, full, increment

START = 20_000 * DAY_US


def day(number: int, hour: int = 3) -> int:
    return START + number * DAY_US + hour * HOUR_US


def daily(count: int) -> list[Full]:
    return [full(day(number)) for number in range(count)]


def six_hourly(count: int) -> list[Increment]:
    ends = [START + number * 6 * HOUR_US for number in range(4 * count + 1)]
    return [increment(first, last) for first, last in pairwise(ends)]


def good(_: Full) -> bool:
    return True


def gone(
    fulls: Sequence[Full], increments: Sequence[Increment] = (), days: int = 30, bad: Sequence[Full] = ()
) -> list[Backup]:
    return surplus(fulls, increments, days, lambda each: each not in bad)


def test_the_newest_days_are_kept() -> None:
    fulls = daily(40)
    assert gone(fulls) == fulls[:10]
    assert gone(fulls[:30]) == []


def test_all_of_a_day_are_kept_or_none() -> None:
    by_hand = [full(day(1, hour)) for hour in (5, 9, 22)]
    assert gone([*daily(3), *by_hand], days=2) == [full(day(0))]


def test_increments_go_with_the_last_full_backup_that_they_go_on_from() -> None:
    fulls, increments = daily(4), six_hourly(4)
    left = [each for each in increments if each not in gone(fulls, increments, days=2)]
    # The third day's full backup is of 03:00: the increment that ends at 06:00 goes on from it.
    assert left[0] == increment(START + 2 * DAY_US, START + 2 * DAY_US + 6 * HOUR_US)
    assert left[-1] == increments[-1]


def test_a_clock_that_jumps_years_ahead_costs_one_day_and_not_all() -> None:
    fulls = daily(30)
    assert gone([*fulls, full(day(4000))]) == fulls[:1]


def test_the_last_good_one_stays_however_old_it_is() -> None:
    fulls = daily(40)
    assert fulls[3] not in gone(fulls, bad=fulls[4:])


def test_where_the_first_of_the_kept_days_is_damaged_the_good_one_before_it_stays() -> None:
    fulls = daily(40)
    assert gone(fulls, bad=[fulls[10], fulls[9]]) == [*fulls[:8], fulls[9]]


def test_increments_after_the_last_good_one_stay_while_full_backups_fail() -> None:
    (first,), increments = daily(1), six_hourly(90)
    assert gone([first], increments) == []
    assert gone([first], [increment(day(-2), day(-1)), *increments]) == [increment(day(-2), day(-1))]


def test_what_came_of_a_restore_does_not_keep_increments_of_before_it() -> None:
    old, new = full(day(0)), full(day(1), timeline="b")
    assert gone([old, new], [increment(day(0), day(0, 9))], days=1) == [old, increment(day(0), day(0, 9))]


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 23), st.booleans()),
        min_size=1,
        max_size=30,
        unique_by=lambda each: each[:2],
    ),
    st.integers(1, 40),
)
def test_never_does_a_good_one_go_while_only_worse_stay(made: list[tuple[int, int, bool]], days: int) -> None:
    fulls = [full(day(number, hour)) for number, hour, _ in sorted(made)]
    sound = [each for each, (*_, is_good) in zip(fulls, sorted(made), strict=True) if is_good]
    ends = [day(number, 12) for number in range(60)]
    increments = [increment(first, last) for first, last in pairwise(ends)]
    went = surplus(fulls, increments, days, lambda each: each in sound)
    assert not sound or sound[-1] not in went
    for each in (each for each in increments if each not in went):
        needed = [base for base in sound if base.stamp_us <= each.stamp_us]
        assert not needed or any(base not in went for base in needed)


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOON_US = int(NOON.timestamp()) * 1_000_000


def days_ago(*days: int) -> list[int]:
    return [NOON_US - back * DAY_US for back in days]


def at_midnight(after: datetime) -> datetime:
    return (after + timedelta(days=1)).replace(hour=0)


def test_a_backup_is_due_once_its_hour_has_passed_since_the_newest() -> None:
    assert is_due([], NOON_US, at_midnight)
    assert is_due(days_ago(2), NOON_US, at_midnight)
    assert is_due(days_ago(2, 1), NOON_US - 12 * HOUR_US, at_midnight)
    assert not is_due(days_ago(2, 1), NOON_US - 12 * HOUR_US - 1, at_midnight)
    assert not is_due(days_ago(2, 0), NOON_US, at_midnight)
    assert not is_due(days_ago(2), NOON_US, lambda _: None)


@pytest.mark.parametrize(("days", "due"), [((2, -400), True), ((0, -400), False), ((-400,), True)])
def test_a_backup_from_the_future_keeps_none_from_being_due(days: tuple[int, ...], due: bool) -> None:
    assert is_due(days_ago(*days), NOON_US, at_midnight) == due
