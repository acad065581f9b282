"""Specs name an indicator, its output and its numbers; columns and single candles give the same bits."""

import subprocess
import sys
from itertools import pairwise
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.indicators import Run, Running, indicator, named, over, with_indicators
from shared.indicators.catalogue import KERNELS
from shared.market import Frame
from shared.market.frame import Column
from tests.unit.shared.indicators.candles import NAMES, Columns, any_candles, bits, candles, flat, part


def test_a_spec_is_a_name_an_output_and_numbers() -> None:
    spec = named("macd.histogram:5,20,4")
    assert (spec.name, spec.output, spec.parameters, spec.place) == ("macd", "histogram", (5, 20, 4), 2)


def test_what_a_spec_leaves_out_is_the_default() -> None:
    assert named("macd") == named("macd.macd:12,26,9") == named("macd:12")
    assert named("bollinger:30").parameters == (30, 2.0)


def test_the_outputs_of_one_computation_are_told_from_those_of_another() -> None:
    assert named("macd.signal:12,26").run == named("macd.histogram:12,26,9").run
    assert named("macd.signal:12,26").run != named("macd.signal:12,27").run


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("rsj:14", "no indicator is called 'rsj'; there are adx, "),
        ("", "no indicator is called ''"),
        ("RSI:14", "no indicator is called 'RSI'"),
        ("rsi:", r"rsi is written rsi:14, its outputs are rsi"),
        ("macd.line:12,26,9", r"macd is written macd\[.OUTPUT\]:12,26,9, its outputs are macd, signal, histogram"),
        ("macd.", "its outputs are"),
        ("rsi:14,3", "rsi takes window; '14,3' is too much"),
        ("obv:14", "obv takes no numbers; '14' is too much"),
        ("rsi:many", "window is a number above 0 and up to 1,000,000, not 'many'"),
        ("rsi:0", "window is a number above 0"),
        ("rsi:-14", "window is a number above 0"),
        ("rsi:nan", "window is a number above 0"),
        ("rsi:1_4", "window is a number above 0"),
        ("sma:1000001", "up to 1,000,000"),
        ("rsi:14.5", "window is a whole number, not '14.5'"),
        ("macd:26,12,9", "macd's fast window must be smaller than its slow one, not 26 and 12"),
    ],
)
def test_a_spec_that_is_wrong_is_refused_with_what_would_be_right(spec: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        named(spec)
    with pytest.raises(ValueError, match="indicator "):
        indicator(spec)


@given(st.text(max_size=20) | st.from_regex(r"[a-z]{2,6}(\.[a-z]+)?:[-0-9.,eE]{0,9}", fullmatch=True))
def test_any_text_is_a_spec_or_a_value_error(text: str) -> None:
    try:
        found = named(text)
    except ValueError:
        return
    assert found.name in KERNELS
    assert named(text.partition(":")[0]).output == found.output


def test_a_row_without_numbers_has_no_value_and_the_indicator_starts_anew_after_it() -> None:
    closes = np.array([1.0, 2.0, 3.0, np.nan, 5.0, 6.0, np.inf, 8.0, 10.0])
    (sma,) = over({"close": closes}, "sma:2")
    np.testing.assert_array_equal(sma, [np.nan, 1.5, 2.5, np.nan, np.nan, 5.5, np.nan, np.nan, 9.0])


def test_only_the_inputs_an_indicator_has_must_be_numbers() -> None:
    columns = candles(*[(3.0, 1.0, float(close), np.nan) for close in range(1, 5)])
    assert over(columns, "sma:2")[0][1:].tolist() == [1.5, 2.5, 3.5]
    assert np.isnan(over(columns, "obv")[0]).all()


@given(any_candles(), st.sampled_from(["sma:3", "rsi:4", "macd:2,4,3", "bollinger:5,2", "stochastic:4,2,3", "cci:3"]))
def test_candle_by_candle_gives_the_bits_of_the_column(columns: Columns, spec: str) -> None:
    running = Running(spec)
    rows = [running.update(*row) for row in zip(*(columns[name].tolist() for name in NAMES), strict=True)]
    for place, column in enumerate(over(columns, spec)):
        assert bits(np.array([row[place] for row in rows])).tolist() == bits(column).tolist()


@given(any_candles(), st.lists(st.integers(0, 60), max_size=4))
def test_a_run_begins_as_if_nothing_were_before_it(columns: Columns, cuts: list[int]) -> None:
    rows = len(columns["close"])
    edges = sorted({0, rows, *(cut for cut in cuts if cut < rows)})
    runs = [Run(max(0, start - 7), start, end) for start, end in pairwise(edges)]
    (column,) = over(columns, "rsi:3", runs)
    for begin, keep, end in runs:
        (alone,) = over(part(columns, begin, end), "rsi:3")
        assert bits(column[keep:end]).tolist() == bits(alone[keep - begin :]).tolist()


@pytest.mark.parametrize("name", sorted(KERNELS))
@pytest.mark.parametrize("rows", [0, 1])
def test_a_column_of_nothing_is_empty_and_of_one_candle_one_value_long(name: str, rows: int) -> None:
    for column in over(part(flat(1), 0, rows), name):
        assert column.shape == (rows,)
        assert column.dtype == np.float64


def test_a_state_put_back_goes_on_where_it_was() -> None:
    closes = [100.0, 101.0, 99.0, 104.0, 103.0, 107.0]
    one, other = Running("rsi:2"), Running("rsi:2")
    for close in closes[:4]:
        one.update(0, close, close, close, close, 1)
    other.state = list(one.state)
    for close in closes[4:]:
        assert one.update(0, close, close, close, close, 1) == other.update(0, close, close, close, close, 1)


def test_columns_need_not_be_doubles_in_one_piece_or_writable() -> None:
    table = np.arange(40).reshape(20, 2)
    table.flags.writeable = False
    assert over({"close": cast("Column", table[:, 0])}, "sma:2")[0][1:].tolist() == [
        float(2 * row + 1) for row in range(19)
    ]


def test_an_indicator_of_a_frame_is_its_column_and_two_outputs_are_computed_once() -> None:
    columns = candles(*[(2.0, 1.0, float(close), 1.0) for close in range(1, 50)])
    frame = Frame(columns.pop("timestamp").astype(np.int64), columns)
    shown = with_indicators(frame, {name: indicator(f"macd.{name}") for name in ("macd", "signal", "histogram")})
    assert shown["histogram"][-1] == shown["macd"][-1] - shown["signal"][-1]
    assert bits(indicator("macd.signal")(frame)).tolist() == bits(shown["signal"]).tolist()


def test_indicators_of_the_catalogue_cost_neither_pandas_nor_numba() -> None:
    program = """
import sys
import numpy as np
from shared.indicators import Running, over
over({"close": np.arange(5_000.0)}, "rsi:14")
Running("ema:12").update(0, 1, 1, 1, 1, 1)
print([name for name in ("pandas", "ta", "numba", "polars") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
