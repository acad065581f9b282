"""An indicator's value comes of a run that the candles alone choose, whoever computes it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.indicators import indicator, with_indicators
from shared.indicators.anchor import Timestamps, anchor, anchored, block, runs
from shared.market import Frame
from tests.unit.shared.indicators.candles import MINUTE, bits

BLOCK = 8 * MINUTE


@pytest.mark.parametrize(
    ("warm_up", "candles"), [(1, 256), (256, 256), (257, 512), (280, 512), (512, 512), (5_000, 8_192)]
)
def test_a_block_is_a_power_of_two_of_candles_that_holds_the_warm_up(warm_up: int, candles: int) -> None:
    assert block(MINUTE, warm_up) == candles * MINUTE


def at(*minutes: int) -> Timestamps:
    return np.array(minutes, dtype=np.int64) * MINUTE


def test_a_run_begins_with_the_block_before() -> None:
    times = at(*range(40))
    assert [anchor(times, row, BLOCK, 5) for row in (16, 20, 23, 24)] == [8, 8, 8, 16]


def test_a_run_begins_earlier_where_the_block_before_has_too_few_rows() -> None:
    times = at(*range(16), 20, 23, *range(24, 32))  # two of the third block's eight
    assert anchor(times, 18, BLOCK, 5) == 8
    assert anchor(times, 18, BLOCK, 2) == 16
    assert anchor(times, 18, BLOCK, 11) == 0


def test_a_run_begins_with_the_history_where_that_is_too_short() -> None:
    assert anchor(at(*range(5, 12)), 6, BLOCK, 5) == 0


@st.composite
def times(draw: st.DrawFn) -> Timestamps:
    """Minutes, some missing, now and then for long."""
    steps = draw(st.lists(st.sampled_from([1] * 12 + [2, 3, 9, 40]), min_size=1, max_size=120))
    return at(*np.cumsum([draw(st.integers(0, 20)), *steps]).tolist())


@given(times(), st.integers(1, 8), st.data())
def test_the_anchor_is_the_latest_block_that_leaves_warm_up_rows_before_the_own(
    history: Timestamps, warm_up: int, data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, len(history) - 1))
    own = history[row] // BLOCK
    boundaries = (own - 1 - np.arange(own + 1)) * BLOCK
    enough = [b for b in boundaries if ((history >= b) & (history < own * BLOCK)).sum() >= warm_up]
    assert anchor(history, row, BLOCK, warm_up) == (np.searchsorted(history, enough[0]) if enough else 0)


@given(times(), st.integers(1, 8), st.integers(0, 2**32))
def test_all_rows_at_once_are_to_the_bit_what_a_trader_computes_candle_by_candle(
    history: Timestamps, warm_up: int, seed: int
) -> None:
    frame = walk(history, seed)
    wanted = {
        "ema": indicator("ema:3"),
        "signal": indicator("macd.signal:2,3,2"),
        "sum": indicator(lambda given: given.close.cumsum()),
    }
    shown = anchored(frame, wanted, BLOCK, warm_up)
    for row in range(len(history)):
        run = frame.until(row + 1).last(row + 1 - anchor(history, row, BLOCK, warm_up))
        for name, column in with_indicators(run, wanted)._columns.items():
            assert bits(column[-1:]) == bits(shown[name][row : row + 1])


@given(times(), st.integers(1, 8), st.integers(0, 2**32), st.data())
def test_a_trader_that_starts_cold_at_the_anchor_sees_what_one_with_the_whole_history_does(
    history: Timestamps, warm_up: int, seed: int, data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, len(history) - 1))
    wanted, frame = {"ema": indicator("ema:3")}, walk(history, seed)
    begin = anchor(history, row, BLOCK, warm_up)
    whole = anchored(frame, wanted, BLOCK, warm_up)["ema"][row]
    later = frame.until(row + 1).last(row + 1 - begin)
    cold = anchored(later, wanted, BLOCK, warm_up)["ema"][-1]
    assert bits(np.array([whole])) == bits(np.array([cold]))


@given(times(), st.integers(1, 8))
def test_every_row_is_shown_by_one_run_which_is_of_its_block(history: Timestamps, warm_up: int) -> None:
    made = runs(history, BLOCK, warm_up)
    assert [row for run in made for row in range(run.keep, run.end)] == list(range(len(history)))
    assert all(len(set(history[run.keep : run.end] // BLOCK)) == 1 for run in made)


def test_an_empty_history_has_no_runs() -> None:
    assert runs(at(), BLOCK, 3) == []
    assert len(anchored(walk(at(), 1), {"ema": indicator("ema:3")}, BLOCK, 3)) == 0


def walk(history: Timestamps, seed: int) -> Frame:
    close = 100 * np.exp(np.random.default_rng(seed).normal(0, 0.01, len(history)).cumsum())
    return Frame(history, dict.fromkeys(("open", "high", "low", "close", "volume"), close))
