"""Columns are cut, joined and laid over each other without a row lost, doubled or out of order."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shared.history.frames import COLUMNS, empty, join, overlaid, rechunked, within
from shared.market import Frame, Interval

TIMES = st.sets(st.integers(0, 60)).map(sorted)


def frame(times: list[int], value: float = 0.0) -> Frame:
    """Candles at these times, each with a value of its own."""
    columns = {name: np.array([value + time + place / 8 for time in times]) for place, name in enumerate(COLUMNS)}
    return Frame(np.array(times, np.int64), columns)


def equal(one: Frame, other: Frame) -> bool:
    """Whether both hold the same rows."""
    return np.array_equal(one.timestamps, other.timestamps) and all(
        np.array_equal(one[name], other[name]) for name in COLUMNS
    )


def test_a_part_begins_with_its_start_and_ends_before_its_end() -> None:
    assert within(frame([1, 2, 3, 5, 8]), Interval(2, 5)).timestamps.tolist() == [2, 3]


def test_nothing_joined_is_an_empty_frame_with_all_columns() -> None:
    assert len(join([])) == 0
    assert equal(join([empty(), empty()]), empty())


@given(TIMES, st.lists(st.integers(0, 60), max_size=5))
def test_what_is_cut_anywhere_and_joined_again_is_what_it_was(times: list[int], cuts: list[int]) -> None:
    whole = frame(times)
    parts = [within(whole, Interval(*edges)) for edges in pairwise([0, *sorted(cuts), 61])]
    assert equal(join(parts), whole)


@given(TIMES, TIMES)
def test_where_both_have_a_candle_the_upper_one_counts(below: list[int], above: list[int]) -> None:
    found = overlaid(frame(below), frame(above, value=1000.0))
    assert found.timestamps.tolist() == sorted({*below, *above})
    expected = [(1000.0 if time in above else 0.0) + time for time in found.timestamps.tolist()]
    assert found.open.tolist() == expected


@given(st.lists(TIMES, max_size=4), st.integers(1, 9))
def test_chunks_have_the_length_asked_for_but_the_last_and_hold_every_row_once(
    several: list[list[int]], count: int
) -> None:
    frames = [frame([time + 100 * place for time in times]) for place, times in enumerate(several)]
    found = list(rechunked(frames, count))
    assert all(len(each) == count for each in found[:-1])
    assert all(0 < len(each) <= count for each in found)
    assert equal(join(found), join(frames))


def test_a_chunk_keeps_nothing_else_in_memory() -> None:
    whole = frame([1, 2, 3])
    (chunk,) = rechunked([whole], 5)
    assert not np.shares_memory(chunk.timestamps, whole.timestamps)
    assert not any(np.shares_memory(chunk[name], whole[name]) for name in COLUMNS)
