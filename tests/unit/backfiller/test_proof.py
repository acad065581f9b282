"""What an answer proves. Coverage that claims too much is a hole for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfiller.proof import doubtful, later_than, leaps, not_json, out_of_reach, proven, silences
from shared.market import Candle, Interval, Refusal, Series

STEP, SETTLE = 10, 50
WINDOW = Interval(100, 200)


def candles(*times: int) -> list[Candle]:
    return [Candle(time, 1.0, 1.0, 1.0, 1.0, 0.0) for time in times]


def known(found: list[Candle], later: int | None, now: int) -> Interval:
    return proven(WINDOW, found, later, now, SETTLE, STEP)


def test_a_full_window_is_known() -> None:
    assert known(candles(*range(100, 200, 10)), None, now=1_000) == WINDOW


def test_a_window_that_begins_empty_is_known_from_its_start() -> None:
    assert known(candles(180, 190), None, now=1_000) == WINDOW


def test_the_newest_candle_is_the_edge_while_no_later_one_is_known() -> None:
    assert known(candles(100, 110), None, now=205) == Interval(100, 120)


def test_a_page_that_ends_early_is_asked_for_again_even_long_ago() -> None:
    assert known(candles(100, 110), None, now=100_000) == Interval(100, 120)


def test_a_later_candle_confirms_everything_before_it() -> None:
    assert known([], 5_000, now=10_000) == Interval(100, 5_000)
    assert known(candles(100, 110), 230, now=10_000) == Interval(100, 230)


def test_a_later_candle_that_is_still_open_confirms_nothing_young() -> None:
    assert known([], 210, now=215) == Interval(100, 160)  # 215 - 50, on the grid
    assert known([], 200, now=202) == Interval(100, 150)
    assert known(candles(100), 200, now=202) == Interval(100, 110)


def test_silence_is_believed_once_it_is_settled() -> None:
    assert known([], None, now=260) == Interval(100, 210)
    assert known([], None, now=190) == Interval(100, 140)


def test_young_silence_proves_nothing() -> None:
    assert not known([], None, now=145)


@given(
    published=st.sets(st.integers(0, 60).map(lambda n: n * STEP)),
    delay=st.integers(0, SETTLE),
    now=st.integers(100, 600),
    cap=st.integers(1, 20),
)
def test_no_candle_is_ever_lost_in_what_is_called_known(published: set[int], delay: int, now: int, cap: int) -> None:
    """An exchange that publishes up to the settle time late, in order, and cuts its answers at `cap` candles."""
    visible = sorted(time for time in published if time + STEP + delay <= now or time <= now < time + STEP)
    closed = [time for time in visible if time + STEP <= now]
    page = [time for time in closed if WINDOW.start <= time < WINDOW.end][:cap]
    later = None if page else next((time for time in visible if time >= WINDOW.end), None)
    coverage = known(candles(*page), later, now)
    assert [time for time in sorted(published) if coverage.start <= time < coverage.end] == page


def test_the_first_row_after_the_window_is_found() -> None:
    assert later_than(WINDOW, [[100, 1], [200, 1], [210, 1]]) == 200
    assert later_than(WINDOW, [[100, 1], [190, 1]]) is None
    assert later_than(WINDOW, []) is None
    assert later_than(WINDOW, ["rubbish"]) is None


def test_a_refused_row_leaves_its_own_candle_in_doubt() -> None:
    refused = [Refusal([110, -1.0], "zero or negative price"), Refusal([150, None], "no number")]
    assert doubtful(refused, STEP) == [Interval(110, 120), Interval(150, 160)]


def test_a_row_that_does_not_say_which_candle_it_is_spoils_the_answer() -> None:
    assert doubtful([Refusal([150, None], "no number"), Refusal("<html>", "not a row")], STEP) is None


def test_a_row_beside_the_grid_may_have_been_any_candle() -> None:
    assert doubtful([Refusal([125, 1.0], "time off the grid")], STEP) is None
    assert doubtful([Refusal([1_640_995_230, 1.0], "time in seconds")], 60_000) is None


def test_a_long_time_without_a_candle_before_one_that_is_shown_is_a_silence() -> None:
    assert silences(WINDOW, candles(100, 110, 130), None, STEP, 20) == []
    assert silences(WINDOW, candles(130, 140, 170), None, STEP, 20) == [Interval(100, 130)]
    assert silences(WINDOW, candles(100, 150), 900, STEP, 20) == [Interval(110, 150), Interval(160, 900)]
    assert silences(WINDOW, [], 900, STEP, 20) == [Interval(100, 900)]
    assert silences(WINDOW, candles(100), None, STEP, 20) == []


def test_a_row_with_its_time_in_another_unit_leaves_the_candle_in_doubt_that_it_means() -> None:
    refused = [
        Refusal([1_640_995_200, 1.0], "time in seconds"),
        Refusal([1_640_995_260_000_000, 1.0], "time in microseconds"),
    ]
    assert doubtful(refused, 60_000) == [
        Interval(1_640_995_200_000, 1_640_995_260_000),
        Interval(1_640_995_260_000, 1_640_995_320_000),
    ]


def test_a_time_that_is_none_at_all_spoils_the_answer() -> None:
    assert doubtful([Refusal([10**30, 1.0], "time in microseconds")], STEP) is None


MINUTES = Series("kraken", "BTC/USD", "1m")
NOW = 10_000 * 60_000


def minute(number: int) -> int:
    return number * 60_000


def test_what_an_exchange_no_longer_keeps_is_lost_up_to_the_first_candle_it_gave() -> None:
    window = Interval(minute(100), minute(820))
    assert out_of_reach(MINUTES, window, minute(9_281), NOW, 720) == (Interval(minute(100), minute(9_281)), True)


def test_a_window_within_reach_that_begins_late_has_lost_nothing() -> None:
    window = Interval(minute(9_300), minute(9_400))
    missing, _ = out_of_reach(MINUTES, window, minute(9_350), NOW, 720)
    assert not missing


def test_a_first_candle_far_from_the_reach_may_be_the_first_there_ever_was() -> None:
    window = Interval(minute(100), minute(820))
    assert out_of_reach(MINUTES, window, minute(9_900), NOW, 720)[1] is False


@given(asked=st.integers(0, 9_999), late=st.integers(0, 1))
def test_nothing_that_fell_out_of_reach_is_ever_called_empty(asked: int, late: int) -> None:
    """A market that trades in every minute; the answer is made up to a minute after `now`."""
    oldest = 10_000 + late - 719
    first = max(asked, oldest)
    missing, _ = out_of_reach(MINUTES, Interval(minute(asked), minute(asked + 720)), minute(first), NOW, 720)
    assert missing == Interval(minute(asked), minute(first)) or (not missing and first == asked)


@pytest.mark.parametrize(
    ("opened", "leap"), [(100.0, False), (150.0, False), (51.0, False), (300.0, True), (9.0, True)]
)
def test_a_page_whose_price_leaps_may_be_another_markets(opened: float, leap: bool) -> None:
    assert leaps([Candle(0, opened, opened, opened, opened, 1.0)], 100.0) is leap


def test_without_a_price_before_it_no_page_leaps() -> None:
    assert not leaps(candles(100), None)
    assert not leaps([], 100.0)


def test_an_answer_that_is_no_json_is_kept_as_it_came() -> None:
    assert not_json("<html>busy") == [Refusal("<html>busy", "not JSON")]
    assert not_json('[[1640995200000, "1.0"') == [Refusal('[[1640995200000, "1.0"', "not JSON")]
    assert not_json('{"code": -1000}') == []
    assert not_json(None) == []
