"""Pages of the live edge are joined before they are stored in bulk."""

from hypothesis import given
from hypothesis import strategies as st

from shared.market import Candle, Closed, Interval, Series, joined, merge

BTC, ETH = (Series("binance", symbol, "1m") for symbol in ("BTC/USDT", "ETH/USDT"))
STEP = 60_000


def page(series: Series, first: int, count: int) -> Closed:
    candles = [Candle(number * STEP, 1, 1, 1, 1, 1) for number in range(first, first + count)]
    return Closed(series, Interval(first * STEP, (first + count) * STEP), candles)


def test_pages_that_follow_one_another_become_one() -> None:
    assert joined([page(BTC, 3, 1), page(ETH, 1, 1), page(BTC, 1, 2)]) == [page(BTC, 1, 3), page(ETH, 1, 1)]


def test_a_page_never_spans_what_nobody_knows() -> None:
    assert joined([page(BTC, 1, 1), page(BTC, 3, 1)]) == [page(BTC, 1, 1), page(BTC, 3, 1)]


def test_of_two_candles_with_one_time_the_first_stands() -> None:
    other = Closed(BTC, Interval(STEP, 2 * STEP), [Candle(STEP, 9, 9, 9, 9, 9)])
    assert joined([page(BTC, 1, 1), other]) == [page(BTC, 1, 1)]


@given(st.lists(st.tuples(st.sampled_from([BTC, ETH]), st.integers(0, 20), st.integers(1, 5))), st.integers(1, 8))
def test_nothing_is_lost_and_nothing_is_added(pages: list[tuple[Series, int, int]], most: int) -> None:
    before = [page(*one) for one in pages]
    after = joined(before, most)
    for series in (BTC, ETH):
        mine, theirs = ([each for each in some if each.series == series] for some in (before, after))
        assert merge(each.coverage for each in theirs) == merge(each.coverage for each in mine)
        assert {one.timestamp for each in theirs for one in each.candles} == {
            one.timestamp for each in mine for one in each.candles
        }
        for each in theirs:
            times = [one.timestamp for one in each.candles]
            assert times == sorted(set(times))
            assert all(each.coverage.start <= time < each.coverage.end for time in times)
