"""`accept` is the one place that decides which candles may be stored."""

import math
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.market import Candle, Interval, Refusal, Series, accept

MINUTES = Series("binance", "BTC/USDT", "1m")
STEP = 60_000
START = 1_640_995_200_000  # 2022-01-01T00:00:00Z
WINDOW = Interval(START, START + 10 * STEP)
LATER = START + 100 * STEP


def row(minute: float = 0, *, open_: Any = 100.0, high: Any = 110.0, low: Any = 90.0, close: Any = 105.0) -> list[Any]:
    """An answer's row, `minute` candles after the window's start."""
    return [START + int(minute * STEP), open_, high, low, close, 7.5]


def test_a_sound_row_becomes_a_candle() -> None:
    page = accept([row()], MINUTES, WINDOW, LATER)
    assert page.candles == [Candle(timestamp=START, open=100.0, high=110.0, low=90.0, close=105.0, volume=7.5)]
    assert page.refused == []


def test_whole_numbers_become_doubles() -> None:
    (candle,) = accept([[START, 100, 110, 90, 105, 0]], MINUTES, WINDOW, LATER).candles
    assert [type(value) for value in candle] == [int, float, float, float, float, float]


def test_rows_are_put_in_order() -> None:
    page = accept([row(2), row(0), row(1)], MINUTES, WINDOW, LATER)
    assert [candle.timestamp for candle in page.candles] == [START, START + STEP, START + 2 * STEP]


def test_a_row_that_comes_twice_is_one_candle() -> None:
    page = accept([row(), row()], MINUTES, WINDOW, LATER)
    assert len(page.candles) == 1
    assert page.refused == []


def test_of_two_different_rows_at_one_time_the_second_is_refused() -> None:
    page = accept([row(close=105.0), row(close=106.0)], MINUTES, WINDOW, LATER)
    assert [candle.close for candle in page.candles] == [105.0]
    assert [refusal.reason for refusal in page.refused] == ["duplicate with other values"]


@pytest.mark.parametrize(("now", "stored"), [(START + STEP - 1, 0), (START + STEP, 1)])
def test_an_open_candle_is_left_out_until_the_millisecond_it_closes(now: int, stored: int) -> None:
    page = accept([row()], MINUTES, WINDOW, now)
    assert len(page.candles) == stored
    assert page.refused == []


@pytest.mark.parametrize("minute", [-1, 10, 50])
def test_a_candle_outside_the_window_is_left_out_without_a_word(minute: int) -> None:
    assert accept([row(minute)], MINUTES, WINDOW, LATER) == ([], [])


def test_a_candle_that_would_end_after_the_window_is_left_out() -> None:
    page = accept([row(0), row(1)], MINUTES, Interval(START, START + STEP + STEP // 2), LATER)
    assert [candle.timestamp for candle in page.candles] == [START]


@pytest.mark.parametrize("timestamp", [START + 1, START - 1, START + STEP // 2, -STEP])
def test_a_candle_off_the_grid_is_refused(timestamp: int) -> None:
    page = accept([[timestamp, *row()[1:]]], MINUTES, WINDOW, LATER)
    assert page.candles == []
    assert page.refused[0].reason == "time off the grid"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(high=99.0), "not low <= open, close <= high"),
        (row(low=101.0), "not low <= open, close <= high"),
        (row(open_=111.0), "not low <= open, close <= high"),
        (row(close=111.0), "not low <= open, close <= high"),
        (row(close=89.0), "not low <= open, close <= high"),
        (row(low=0.0), "zero or negative price"),
        (row(low=-90.0), "zero or negative price"),
        (row(high=math.inf), "NaN or infinite"),
        (row(open_=math.nan), "NaN or infinite"),
        (row(high=math.nan), "NaN or infinite"),
        (row(low=math.nan), "NaN or infinite"),
        (row(close=math.nan), "NaN or infinite"),
        ([*row()[:5], -1.0], "negative volume"),
        ([*row()[:5], math.nan], "NaN or infinite"),
        ([*row()[:5], math.inf], "NaN or infinite"),
        ([START // 1_000, *row()[1:]], "time in seconds"),
        ([START * 1_000, *row()[1:]], "time in microseconds"),
    ],
)
def test_what_no_market_can_have_made_is_refused_with_the_rule_it_breaks(bad: list[Any], reason: str) -> None:
    page = accept([bad], MINUTES, WINDOW, LATER)
    assert page == ([], [Refusal(bad, reason)])


def test_a_whole_page_in_seconds_is_refused_though_some_of_its_times_lie_on_the_grid() -> None:
    rows = [[second, *row()[1:]] for second in range(START // 1_000, START // 1_000 + 60 * 1_000, 60)]
    assert any(time % STEP == 0 for time, *_ in rows)
    page = accept(rows, MINUTES, Interval(0, LATER), LATER)
    assert page.candles == []
    assert len(page.refused) == len(rows)


@pytest.mark.parametrize(
    "rubbish",
    [
        None,
        42,
        "row",
        {},
        [],
        row()[:5],
        [*row(), 1.0],
        row(open_="100"),
        row(open_=None),
        row(open_=True),
        row(high=10**400),
        [float(START), *row()[1:]],
        [str(START), *row()[1:]],
        [True, *row()[1:]],
    ],
)
def test_what_is_not_a_row_of_six_numbers_is_refused_and_kept_for_the_log(rubbish: object) -> None:
    page = accept([rubbish], MINUTES, WINDOW, LATER)
    assert page.candles == []
    assert [(refusal.row, refusal.reason) for refusal in page.refused] == [(rubbish, "not a row of six numbers")]


def test_one_bad_row_does_not_cost_the_others() -> None:
    page = accept([row(0), "rubbish", row(1)], MINUTES, WINDOW, LATER)
    assert len(page.candles) == 2
    assert len(page.refused) == 1


NUMBERS = st.one_of(
    st.floats(),
    st.integers(),
    st.sampled_from([1.0, 2.0, 3.0, 10**30, 10**400, -(10**400), math.inf, -math.inf, math.nan, True]),
    st.text(max_size=2),
    st.none(),
)
GRID = st.integers(-2, 12).map(lambda minute: START + minute * STEP)
MADE_UP_ROWS = st.one_of(
    st.lists(NUMBERS, max_size=8),
    st.tuples(GRID | st.integers(), NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    st.tuples(GRID, *[st.sampled_from([1.0, 2.0, 3, math.nan])] * 5),
    st.recursive(NUMBERS, lambda inner: st.lists(inner, max_size=3), max_leaves=5),
)


@given(st.lists(MADE_UP_ROWS, max_size=12), st.integers(START - STEP, START + 12 * STEP))
@example([[START, 1, 10**30, 1, 1, 10**400]], LATER)
def test_whatever_an_exchange_answers_nothing_raises_and_no_bad_candle_comes_through(rows: list[Any], now: int) -> None:
    page = accept(rows, MINUTES, WINDOW, now)
    times = [candle.timestamp for candle in page.candles]
    assert times == sorted(set(times))
    for timestamp, open_, high, low, close, volume in page.candles:
        assert timestamp % STEP == 0
        assert WINDOW.start <= timestamp <= min(WINDOW.end, now) - STEP
        assert all(type(value) is float and math.isfinite(value) for value in (open_, high, low, close, volume))
        assert 0 < low <= min(open_, close) <= max(open_, close) <= high
        assert volume >= 0
    assert len(page.candles) + len(page.refused) <= len(rows)
    assert all(refusal.reason for refusal in page.refused)


SOUND = st.tuples(*[st.sampled_from([2.0, 2.5])] * 2).map(lambda ends: (ends[0], 3.0, 1.0, ends[1], 0.5))
PERHAPS_SOUND = st.one_of(
    SOUND, SOUND, SOUND, st.tuples(*[st.sampled_from([1.0, 2.0, 3, -1.0, math.nan, math.inf])] * 5)
)


def by_time(pairs: list[tuple[int, tuple[float, ...]]]) -> list[tuple[int, tuple[float, ...]]]:
    """In ascending order, as exchanges answer."""
    return sorted(pairs, key=itemgetter(0))


@given(st.lists(st.tuples(GRID, PERHAPS_SOUND), max_size=12, unique_by=itemgetter(0)).map(by_time))
def test_rows_are_judged_together_as_each_would_be_alone(pairs: list[tuple[int, tuple[float, ...]]]) -> None:
    rows = [[timestamp, *numbers] for timestamp, numbers in pairs]
    together = accept(rows, MINUTES, WINDOW, LATER)
    alone = [accept([each], MINUTES, WINDOW, LATER) for each in rows]
    assert together.candles == [candle for page in alone for candle in page.candles]
    assert together.refused == [refusal for page in alone for refusal in page.refused]
