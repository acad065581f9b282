"""Planning is what is wanted less what is covered."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backfiller import plan
from backfiller.plan import Wanted
from shared.config import SeriesSettings
from shared.market import Interval, Series, merge, subtract

MINUTE = 60_000
SERIES = Series("binance", "BTC/USDT", "1m")
FOREVER = Wanted(SERIES, 0)


def minutes(start: int, end: int) -> Interval:
    return Interval(start * MINUTE, end * MINUTE)


def section(**given: object) -> SeriesSettings:
    return SeriesSettings.model_validate({"exchange": "binance", "symbol": "BTC/USDT", "timeframe": "1m", **given})


def test_the_open_candle_is_never_wanted() -> None:
    assert FOREVER.closed(now=10 * MINUTE + 59_999) == minutes(0, 10)
    assert FOREVER.closed(now=11 * MINUTE) == minutes(0, 11)


def test_a_series_with_an_end_is_wanted_to_its_end() -> None:
    assert Wanted(SERIES, 0, 5 * MINUTE).closed(now=10 * MINUTE) == minutes(0, 5)


def test_what_is_younger_than_the_settle_time_is_not_history_yet() -> None:
    assert FOREVER.settled(now=10 * MINUTE, settle_ms=2 * MINUTE) == minutes(0, 8)


def test_history_is_what_is_settled_and_not_covered() -> None:
    known = [minutes(2, 4), minutes(6, 20)]
    assert plan.gaps(FOREVER, known, now=30 * MINUTE, settle_ms=2 * MINUTE) == [
        minutes(0, 2),
        minutes(4, 6),
        minutes(20, 28),
    ]


def test_gaps_are_asked_for_page_by_page() -> None:
    assert list(plan.pages([minutes(0, 5), minutes(9, 10)], MINUTE, page=2)) == [
        minutes(0, 2),
        minutes(2, 4),
        minutes(4, 5),
        minutes(9, 10),
    ]


def test_gaps_that_lie_close_together_share_a_page() -> None:
    gaps = [minutes(0, 2), minutes(3, 4), minutes(8, 13), minutes(40, 41)]
    assert list(plan.pages(gaps, MINUTE, page=10)) == [minutes(0, 10), minutes(10, 13), minutes(40, 41)]


@given(st.lists(st.builds(minutes, st.integers(0, 60), st.integers(0, 60))), st.integers(1, 9))
def test_pages_hold_every_gap_and_begin_with_one(known: list[Interval], page: int) -> None:
    gaps = subtract(minutes(0, 60), known)
    pages = list(plan.pages(gaps, MINUTE, page))
    assert all(not subtract(gap, pages) for gap in gaps)
    assert all(one.end <= other.start for one, other in pairwise(pages))
    starts = {gap.start for gap in gaps}
    assert all(p.start in starts or any(q.end == p.start for q in pages) for p in pages)
    assert all(p.end - p.start <= page * MINUTE for p in pages)


def test_the_live_edge_is_the_newest_page() -> None:
    assert plan.head(FOREVER, [], now=5_000 * MINUTE, settle_ms=2 * MINUTE, page=1000) == [minutes(4_000, 5_000)]


def test_the_live_edge_after_one_candle_is_that_candle() -> None:
    known = [minutes(0, 99)]
    assert plan.head(FOREVER, known, now=100 * MINUTE + 50, settle_ms=2 * MINUTE, page=1000) == [minutes(99, 100)]


def test_the_live_edge_takes_all_that_is_not_settled_however_small_the_page() -> None:
    second = Wanted(Series("binance", "BTC/USDT", "1s"), 0)
    windows = plan.head(second, [], now=1_000_000, settle_ms=120_000, page=50)
    assert windows == [Interval(880_000, 930_000), Interval(930_000, 980_000), Interval(980_000, 1_000_000)]


def test_nothing_is_asked_for_where_all_is_covered() -> None:
    known = [minutes(0, 100)]
    assert plan.head(FOREVER, known, now=100 * MINUTE, settle_ms=0, page=10) == []
    assert plan.gaps(FOREVER, known, now=100 * MINUTE, settle_ms=0) == []


@given(st.lists(st.builds(minutes, st.integers(0, 60), st.integers(0, 60))), st.integers(1, 9), st.integers(0, 30))
def test_live_edge_and_history_together_ask_for_all_that_is_missing(
    known: list[Interval], page: int, settle_minutes: int
) -> None:
    now, settle_ms = 60 * MINUTE + 1, settle_minutes * MINUTE
    head = plan.head(FOREVER, known, now, settle_ms, page)
    history = list(plan.pages(plan.gaps(FOREVER, known, now, settle_ms), MINUTE, page))
    assert all(window.end - window.start <= page * MINUTE for window in head + history)
    inside = [Interval(max(0, i.start), min(i.end, 60 * MINUTE)) for i in known]
    assert merge([*head, *history, *inside]) == [minutes(0, 60)]


def test_history_begins_where_the_configuration_says() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    found = plan.wanted(section(start=start, end="2024-02-01T00:00:30"), 10**13, 7)
    assert (found.start, found.end) == (1_704_067_200_000, 1_706_745_600_000)


def test_without_a_start_history_begins_some_days_back() -> None:
    now = 100 * 86_400_000 + 30_000
    assert plan.wanted(section(), now, 7) == Wanted(SERIES, 93 * 86_400_000)
    assert plan.wanted(section(days=2), now, 7) == Wanted(SERIES, 98 * 86_400_000)
