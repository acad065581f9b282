"""Which rows of a file are candles."""

from hypothesis import given
from hypothesis import strategies as st

from console.candles.sorting import NOT_CLOSED, OTHER_TIME, held_by, joins, runs, second_ones, sort_out
from shared.files import Row
from shared.market import Candle, Interval, Series
from shared.market.candle import NOT_A_ROW, UPSIDE_DOWN

BTC = Series("binance", "BTC/USDT", "1m")
STEP, END = BTC.step, 1_000 * BTC.step
GOOD = [10.0, 12.0, 9.0, 11.0, 1.0]


def row(line: int, at: object, *values: object) -> Row:
    return Row(line, [at, *(values or GOOD)], [at, *(values or GOOD)])


def test_rows_in_any_order_come_out_ascending() -> None:
    found = sort_out([row(1, 3 * STEP), row(2, STEP), row(3, 2 * STEP)], BTC, END)
    assert [candle.timestamp // STEP for candle in found.candles] == [1, 2, 3]
    assert (found.refused, found.doubtful, found.unplaced) == ([], [], False)


def test_each_refused_row_has_its_line_its_reason_and_its_text() -> None:
    chunk = [row(7, STEP), row(8, 2 * STEP, 10.0, 8.0, 9.0, 10.0, 1.0), row(9, END), row(10, None), Row(11, [], ["x"])]
    found = sort_out(chunk, BTC, END)
    assert [candle.timestamp for candle in found.candles] == [STEP]
    assert [refused.line for refused in found.refused] == [8, 9, 10, 11]
    assert found.refused[0].written == "120000,10.0,8.0,9.0,10.0,1.0"
    assert [refused.reason for refused in found.refused] == [UPSIDE_DOWN, NOT_CLOSED, OTHER_TIME, NOT_A_ROW]
    assert found.doubtful == [Interval(2 * STEP, 3 * STEP), Interval(END, END + STEP)]
    assert found.unplaced


def test_the_second_of_two_that_differ_is_refused_and_of_two_that_agree_neither() -> None:
    found = sort_out([row(1, STEP), row(2, STEP), row(3, STEP, 10.0, 12.0, 9.0, 11.5, 1.0)], BTC, END)
    assert found.candles == [Candle(STEP, *GOOD)]
    assert [refused.line for refused in found.refused] == [3]
    assert [refused.line for refused in second_ones([row(1, STEP), row(2, 2 * STEP)], {2 * STEP})] == [2]


cells = st.one_of(st.none(), st.text(max_size=3), st.integers(-(2**70), 2**70), st.floats())
anything = st.lists(cells, max_size=7)
candles = st.integers(0, 1_100).map(lambda at: [at * STEP, *GOOD])


@given(st.lists(st.one_of(anything, candles), max_size=30))
def test_every_row_is_a_candle_or_refused_whatever_it_holds(values: list[list[object]]) -> None:
    chunk = [Row(line, each, each) for line, each in enumerate(values, 1)]
    found = sort_out(chunk, BTC, END)
    refused = {each.line for each in found.refused}
    for each in chunk:
        if each.line not in refused:
            assert any(tuple(each.values) == tuple(candle) for candle in found.candles)
    for candle in found.candles:
        assert 0 <= candle.timestamp <= END - STEP
        assert candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high


def test_runs_are_candles_that_follow_one_another() -> None:
    some = [Candle(at * STEP, *GOOD) for at in (1, 2, 3, 7, 9, 10)]
    assert runs(some, STEP) == [Interval(at * STEP, end * STEP) for at, end in ((1, 4), (7, 8), (9, 11))]


def test_a_chunk_joins_those_before_it_from_either_side_and_not_from_within() -> None:
    before = Interval(50, 100)
    assert joins(Interval(120, 130), before) == Interval(100, 130)
    assert joins(Interval(20, 30), before) == Interval(20, 50)
    assert joins(Interval(90, 130), before) is None
    assert joins(Interval(90, 130), None) == Interval(90, 130)


def test_an_instant_is_held_by_the_interval_around_it() -> None:
    some = [Interval(10, 20), Interval(30, 40)]
    assert [at for at in range(0, 50, 5) if held_by(some, at)] == [10, 15, 30, 35]
