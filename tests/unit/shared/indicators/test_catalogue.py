"""What holds for every kernel: one result to the bit, whichever form computes it and wherever it was interrupted."""

import json
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from shared.indicators import Named, Running, named, over
from shared.indicators.catalogue import KERNELS
from shared.indicators.compiled import compiled
from shared.market.frame import Column
from tests.unit.shared.indicators.candles import NAMES, Columns, any_candles, bits, candles, flat, part

every_kernel = pytest.mark.parametrize("name", sorted(KERNELS))


@st.composite
def any_named(draw: st.DrawFn, name: str) -> Named:
    """The kernel with short windows and any sizes, as far as they go together."""
    kernel = KERNELS[name]
    whole, fraction = st.integers(1, 7), st.sampled_from([0.01, 0.2, 1.0, 2.5])
    parameters = tuple(draw(whole if isinstance(default, int) else fraction) for default in kernel.parameters.values())
    try:
        kernel.size(*parameters)
    except ValueError:
        assume(False)
    return Named(name, parameters, kernel.outputs[0])


def running(wanted: Named, columns: Columns, state: list[float] | None = None) -> tuple[Column, ...]:
    """What a trader computes, candle by candle, from a state on or from the beginning."""
    indicator = Running(wanted)
    indicator.state = indicator.state if state is None else state
    rows = [indicator.update(*row) for row in zip(*(columns[name].tolist() for name in NAMES), strict=True)]
    return tuple(np.array([row[place] for row in rows]) for place in range(len(wanted.kernel.outputs)))


def compiled_over(wanted: Named, columns: Columns) -> tuple[Column, ...]:
    """The array form, compiled however short the columns are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("shared.indicators.forms"), "pays", lambda rows: rows > 0)
        return over(columns, wanted)


def assert_same_bits(ours: tuple[Column, ...], theirs: tuple[Column, ...]) -> None:
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(bits(one), bits(other))


@every_kernel
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_form_gives_the_same_bits(name: str, data: st.DataObject) -> None:
    wanted, columns = data.draw(any_named(name)), data.draw(any_candles())
    plain = over(columns, wanted)
    assert_same_bits(running(wanted, columns), plain)
    assert_same_bits(compiled_over(wanted, columns), plain)


@every_kernel
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_state_put_back_goes_on_as_if_it_had_never_been_away(name: str, data: st.DataObject) -> None:
    wanted, columns = data.draw(any_named(name)), data.draw(any_candles())
    rows = len(columns["close"])
    at = data.draw(st.integers(0, rows))
    before = Running(wanted)
    for row in zip(*(part(columns, 0, at)[column].tolist() for column in NAMES), strict=True):
        before.update(*row)
    kept = json.loads(json.dumps(before.state))
    rest = running(wanted, part(columns, at, rows), kept)
    assert_same_bits(rest, tuple(column[at:] for column in over(columns, wanted)))


@every_kernel
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_the_compiled_form_goes_on_from_a_state_too(name: str, data: st.DataObject) -> None:
    wanted, columns = data.draw(any_named(name)), data.draw(any_candles(broken=False))
    rows, kernel, outputs = len(columns["close"]), wanted.kernel, len(wanted.kernel.outputs)
    at = data.draw(st.integers(0, rows))
    state = np.zeros(kernel.size(*wanted.parameters))
    got = np.empty((outputs, rows))
    for start, end in ((0, at), (at, rows)):
        inputs = [columns[column][start:end] for column in kernel.inputs]
        compiled(name)(*inputs, *wanted.parameters, state, *(got[place, start:end] for place in range(outputs)))
    assert_same_bits(tuple(got), over(columns, wanted))


@every_kernel
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_after_a_broken_row_an_indicator_begins_anew(name: str, data: st.DataObject) -> None:
    wanted = data.draw(any_named(name))
    columns = data.draw(any_candles(broken=False).filter(lambda drawn: len(drawn["close"]) > 0))
    rows, inputs = len(columns["close"]), [name for name in wanted.kernel.inputs if name != "timestamp"]
    at, spoilt = data.draw(st.integers(0, rows - 1)), data.draw(st.sampled_from(inputs))
    columns[spoilt][at] = data.draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    for whole, first, rest in zip(
        over(columns, wanted),
        over(part(columns, 0, at), wanted),
        over(part(columns, at + 1, rows), wanted),
        strict=True,
    ):
        np.testing.assert_array_equal(bits(whole), bits(np.concatenate([first, [np.nan], rest])))


@every_kernel
@pytest.mark.parametrize("rows", [0, 1])
def test_no_rows_and_one_row_have_results_too(name: str, rows: int) -> None:
    outputs = over(flat(rows) if rows else part(flat(1), 0, 0), name)
    assert [len(column) for column in outputs] == [rows] * len(KERNELS[name].outputs)
    assert_same_bits(compiled_over(named(name), part(flat(1), 0, rows)), outputs)


@every_kernel
@pytest.mark.parametrize("volume", [0.0, 3.0])
def test_a_market_that_never_moves_has_a_value_once_warm(name: str, volume: float) -> None:
    columns = flat(300, price=0.1, volume=volume)
    for column in over(columns, name):
        if name == "vwap" and volume == 0.0:
            assert np.isnan(column).all()
        else:
            assert np.isfinite(column[120:]).all()
            assert column[120:] == pytest.approx(column[120], abs=1e-12)
            assert not np.isnan(column[np.flatnonzero(~np.isnan(column))[0] :]).any()


@every_kernel
def test_prices_of_any_size_break_nothing(name: str) -> None:
    sizes = (5e-324, 1e-300, 1e-8, 1.0, 1e8, 1e150)
    rows = [(size * 3, size, size * 2, size) for size in sizes for _ in range(3)] + [(0.0, 0.0, 0.0, 0.0)] * 3
    columns = candles(*rows * 5)
    assert_same_bits(running(named(name), columns), over(columns, name))
    assert_same_bits(compiled_over(named(name), columns), over(columns, name))


@every_kernel
def test_inputs_are_left_as_they_were(name: str) -> None:
    columns = flat(50)
    before = {column: values.copy() for column, values in columns.items()}
    for values in columns.values():
        values.flags.writeable = False
    compiled_over(named(name), columns)
    over(columns, name)
    assert all((columns[column] == values).all() for column, values in before.items())


WITH_NUMBERS = [(name, place) for name in sorted(KERNELS) for place in range(len(KERNELS[name].parameters))]


@pytest.mark.parametrize(("name", "place"), WITH_NUMBERS)
def test_a_number_out_of_range_is_refused_by_the_name_of_its_parameter(name: str, place: int) -> None:
    key, numbers = (
        list(KERNELS[name].parameters)[place],
        [f"{number:g}" for number in KERNELS[name].parameters.values()],
    )
    for wrong in ("0", "-1", "nan", "inf", "-inf", "1e9", "1_0", "many", "0x10", "٣", " 5", "5\n"):
        numbers[place] = wrong
        with pytest.raises(ValueError, match=rf"\b{key}\b"):
            named(f"{name}:{','.join(numbers)}")


@pytest.mark.parametrize("name", [name for name, place in WITH_NUMBERS if place == 0 and name != "psar"])
def test_a_window_is_a_whole_number(name: str) -> None:
    key = next(iter(KERNELS[name].parameters))
    with pytest.raises(ValueError, match=f"{key} is a whole number, not '2.5'"):
        named(f"{name}:2.5")


def test_a_factor_need_not_be_a_whole_number() -> None:
    assert named("psar:0.05").parameters == (0.05, 0.2)
    assert named("supertrend.direction:7,1.5").parameters == (7, 1.5)


@every_kernel
def test_every_output_has_a_spec_of_its_own(name: str) -> None:
    kernel, columns = KERNELS[name], flat(150)
    for place, output in enumerate(kernel.outputs):
        wanted = named(f"{name}.{output}")
        assert (wanted.output, wanted.place) == (output, place)
        assert wanted == replace(named(name), output=output)
    with pytest.raises(ValueError, match=f"its outputs are {', '.join(kernel.outputs)}"):
        named(f"{name}.nonsense")
    assert len(over(columns, name)) == len(kernel.outputs)


PIECES = st.sampled_from([*sorted(KERNELS), *"..::,,  ", "signal", "14", "2.5", "-3", "1e3", "1e400", "NaN", "٣", "\n"])


@example("macd.:12")
@example("rsi:14,")
@example("rsi:,14")
@example("rsi::14")
@example("rsi. rsi")
@example("RSI:14")
@example("rsi:1 4")
@example(" rsi:14")
@example("rsi:14\n")
@settings(max_examples=600)
@given(st.lists(PIECES, max_size=7).map("".join) | st.text(max_size=12))
def test_any_text_is_a_spec_or_refused(text: str) -> None:
    try:
        wanted = named(text)
    except ValueError:
        return
    assert wanted.name in KERNELS
    assert text.startswith(wanted.name)
    assert text.isascii()
    assert text == "".join(text.split())
    assert wanted.kernel.size(*wanted.parameters) > 0
    numbers = ",".join(repr(number) for number in wanted.parameters)
    assert named(f"{wanted.name}.{wanted.output}{':' * bool(numbers)}{numbers}") == wanted
