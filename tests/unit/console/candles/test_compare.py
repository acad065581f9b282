"""Which windows are looked at again, and what counts as a difference."""

from hypothesis import given
from hypothesis import strategies as st

from console.candles.compare import differences, sample
from shared.market import Candle, Interval, Series, merge

BTC, ETH = Series("binance", "BTC/USDT", "1m"), Series("kraken", "ETH/USD", "1h")
STEP = BTC.step


def candle(at: int, close: float = 10.0) -> Candle:
    return Candle(at * STEP, 10.0, 12.0, 9.0, close, 1.0)


def kinds(held: list[Candle], shown: list[Candle], known: Interval, *, later: bool = False) -> list[tuple[str, bool]]:
    return [(each.kind, each.certain) for each in differences(BTC, held, shown, known, later=later)]


TEN = Interval(0, 10 * STEP)


def test_equal_candles_do_not_differ() -> None:
    same = [candle(at) for at in range(10)]
    assert kinds(same, same, TEN) == []


def test_other_values_a_lost_candle_and_one_too_many_are_told_apart() -> None:
    held = [candle(1), candle(2), candle(4)]
    shown = [candle(1), candle(2, close=11.0), candle(3), candle(5)]
    found = differences(BTC, held, shown, TEN, later=False)
    assert [each.kind for each in found] == ["different", "missing", "extra", "missing"]
    assert found[0].change == (candle(2), candle(2, close=11.0))
    assert [each.change.timestamp // STEP for each in found] == [2, 3, 4, 5]


def test_a_candle_too_many_is_certain_only_between_two_that_are_shown() -> None:
    assert kinds([candle(1)], [candle(3)], TEN) == [("extra", False), ("missing", True)]
    assert kinds([candle(9)], [candle(3)], TEN) == [("missing", True), ("extra", False)]
    assert kinds([candle(9)], [candle(3)], TEN, later=True) == [("missing", True), ("extra", True)]


def test_nothing_shown_makes_nothing_certain() -> None:
    assert kinds([candle(4)], [], TEN) == [("extra", False)]


def test_what_the_answer_does_not_make_known_is_not_compared() -> None:
    assert kinds([candle(1), candle(7)], [candle(1)], Interval(0, 5 * STEP)) == []


parts = st.tuples(st.integers(0, 500), st.integers(1, 80))
coverage = st.lists(parts, min_size=1, max_size=5).map(
    lambda found: merge(Interval(at * STEP, (at + size) * STEP) for at, size in found)
)


@given(coverage, st.integers(1, 30), st.integers(0, 20), st.integers(0, 2**32))
def test_a_window_lies_within_what_is_covered_and_is_no_larger_than_a_page(
    covered: list[Interval], page: int, count: int, seed: int
) -> None:
    found = sample({BTC: covered}, {"binance": page}, count, seed)
    assert len(found) == count
    for series, window in found:
        assert series == BTC
        assert window.start % STEP == 0
        assert STEP <= window.end - window.start <= page * STEP
        assert any(part.start <= window.start and window.end <= part.end for part in covered)
    assert found == sample({BTC: covered}, {"binance": page}, count, seed)


def test_another_seed_chooses_other_windows() -> None:
    covered = {BTC: [Interval(0, 100_000 * STEP)], ETH: [Interval(0, 100_000 * ETH.step)]}
    pages = {"binance": 1000, "kraken": 720}
    assert sample(covered, pages, 5, seed=1) != sample(covered, pages, 5, seed=2)
    assert {window.series for window in sample(covered, pages, 50, seed=1)} == {BTC, ETH}


def test_every_covered_candle_may_be_chosen() -> None:
    covered = {BTC: [Interval(0, 10 * STEP), Interval(20 * STEP, 23 * STEP)]}
    seen = set()
    for _, window in sample(covered, {"binance": 4}, 400, seed=3):
        seen |= set(range(window.start // STEP, window.end // STEP))
    assert seen == {*range(10), 20, 21, 22}


def test_where_nothing_is_covered_there_is_nothing_to_look_at() -> None:
    assert sample({BTC: [Interval(5, 5)]}, {"binance": 10}, 3, seed=1) == []
