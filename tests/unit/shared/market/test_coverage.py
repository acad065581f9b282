"""Coverage is a set of instants, written as half-open intervals; the laws below are those of sets."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.market import Interval, merge, subtract, windows

TIMES = st.integers(0, 60)
ANY_INTERVAL = st.builds(Interval, TIMES, TIMES)  # empty and backward ones too
INTERVALS = st.lists(ANY_INTERVAL, max_size=8)


def instants(*intervals: Interval) -> set[int]:
    """The model: an interval is the integers in it."""
    return {t for interval in intervals for t in range(interval.start, interval.end)}


def test_an_interval_is_true_if_it_holds_an_instant() -> None:
    assert Interval(5, 6)
    assert not Interval(5, 5)
    assert not Interval(6, 5)


def test_intervals_that_touch_become_one() -> None:
    assert merge([Interval(20, 30), Interval(0, 10), Interval(10, 15)]) == [Interval(0, 15), Interval(20, 30)]


def test_an_interval_inside_another_disappears() -> None:
    assert merge([Interval(0, 30), Interval(5, 10)]) == [Interval(0, 30)]


def test_what_is_asked_for_less_what_is_covered_is_what_is_left_to_fetch() -> None:
    assert subtract(Interval(0, 100), [Interval(10, 20), Interval(50, 60)]) == [
        Interval(0, 10),
        Interval(20, 50),
        Interval(60, 100),
    ]


def test_nothing_is_left_of_what_is_wholly_covered() -> None:
    assert subtract(Interval(10, 20), [Interval(0, 15), Interval(15, 30)]) == []


def test_a_gap_of_two_and_a_half_pages_is_cut_into_three_windows() -> None:
    cut = list(windows(Interval(0, 2_500), step=1, page=1_000))
    assert cut == [Interval(0, 1_000), Interval(1_000, 2_000), Interval(2_000, 2_500)]


@pytest.mark.parametrize("empty", [Interval(7, 7), Interval(8, 7)])
def test_nothing_is_merged_left_over_or_cut_of_an_empty_interval(empty: Interval) -> None:
    assert merge([empty]) == subtract(empty, []) == list(windows(empty, step=1, page=10)) == []


@given(INTERVALS)
def test_merging_keeps_exactly_the_same_instants(intervals: list[Interval]) -> None:
    assert instants(*merge(intervals)) == instants(*intervals)


@given(INTERVALS)
def test_merged_intervals_are_sorted_and_have_a_hole_between_them(intervals: list[Interval]) -> None:
    merged = merge(intervals)
    assert all(merged)
    assert all(left.end < right.start for left, right in pairwise(merged))


@given(INTERVALS)
def test_merging_twice_changes_nothing(intervals: list[Interval]) -> None:
    assert merge(merge(intervals)) == merge(intervals)


@given(ANY_INTERVAL, INTERVALS)
def test_gaps_and_coverage_partition_what_was_asked_for(wanted: Interval, covered: list[Interval]) -> None:
    gaps = subtract(wanted, covered)
    assert instants(*gaps) == instants(wanted) - instants(*covered)
    assert gaps == merge(gaps)


@given(ANY_INTERVAL, st.integers(1, 7), st.integers(1, 5))
def test_windows_partition_a_gap_into_pages(gap: Interval, step: int, page: int) -> None:
    cut = list(windows(gap, step, page))
    assert [t for window in cut for t in range(*window)] == list(range(*gap))
    assert all(0 < window.end - window.start <= step * page for window in cut)
    assert all(window.end - window.start == step * page for window in cut[:-1])
