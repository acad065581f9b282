"""A frame is what a strategy sees: columns whose last row is the candle being decided on."""

import numpy as np
import pytest

from shared.market import Frame

PRICES = ("open", "high", "low", "close", "volume")


def frame(rows: int = 3) -> Frame:
    """Rows 0, 1, 2 ...: every value tells its row, and its column by the hundreds."""
    columns = {name: 100.0 * (place + 1) + np.arange(rows, dtype=np.float64) for place, name in enumerate(PRICES)}
    return Frame(np.arange(rows, dtype=np.int64) * 60_000, columns)


def test_the_last_row_is_the_candle_being_decided_on() -> None:
    made = frame()
    assert made.timestamps[-1] == 120_000
    assert [made.open[-1], made.high[-1], made.low[-1], made.close[-1], made.volume[-1]] == [102, 202, 302, 402, 502]


def test_an_indicator_is_a_column_beside_the_prices() -> None:
    made = frame().with_columns({"rsi": np.array([np.nan, 30.0, 70.0])})
    assert made["rsi"][-1] == 70.0
    assert made.close[-1] == 402.0


def test_adding_a_column_leaves_the_frame_it_came_from_as_it_was() -> None:
    made = frame()
    made.with_columns({"rsi": np.zeros(3)})
    with pytest.raises(KeyError, match="rsi"):
        made["rsi"]


def test_until_hides_what_was_not_known_yet() -> None:
    before = frame().with_columns({"rsi": np.array([1.0, 2.0, 3.0])}).until(2)
    assert len(before) == 2
    assert before.close.tolist() == [400.0, 401.0]
    assert before["rsi"].tolist() == [1.0, 2.0]


def test_an_unknown_column_is_refused_with_those_that_exist() -> None:
    with pytest.raises(KeyError, match="no column 'macd'; the frame has open, high, low, close, volume"):
        frame()["macd"]


def test_columns_of_different_lengths_do_not_make_a_frame() -> None:
    with pytest.raises(ValueError, match="column 'rsi' has 2 rows, the frame has 3"):
        frame().with_columns({"rsi": np.zeros(2)})


def test_last_keeps_the_newest_rows_with_their_columns() -> None:
    newest = frame().with_columns({"rsi": np.array([1.0, 2.0, 3.0])}).last(2)
    assert newest.close.tolist() == [401.0, 402.0]
    assert newest["rsi"].tolist() == [2.0, 3.0]
    assert len(frame().last(10)) == 3
