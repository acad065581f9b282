"""Candles joined until they are few enough to be drawn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.backtest.report.candles import Thinned, joined
from shared.market import Frame
from tests.unit.trader.backtest.example import BEGIN, MINUTE, history
from tests.unit.trader.backtest.test_always import walk

HOUR, DAY = 60 * MINUTE, 1_440 * MINUTE


def test_five_minutes_become_one_candle() -> None:
    begin = BEGIN // HOUR * HOUR
    five = history([(10, 11, 9, 10.5), (10.5, 14, 10, 13), (13, 13, 8, 9), (9, 9, 9, 9), (9, 12, 9, 12)], begin=begin)
    (candle,) = zip(
        *(joined(five, 5 * MINUTE)[name].tolist() for name in ("open", "high", "low", "close")), strict=True
    )
    assert candle == (10, 14, 8, 12)
    assert joined(five, 5 * MINUTE).volume.tolist() == [5_000]


@given(st.integers(0, 99), st.integers(1, 400), st.floats(0, 0.9), st.integers(3, 60), st.data())
def test_every_price_lies_within_the_candle_of_its_time(
    seed: int, count: int, holes: float, most: int, data: st.DataObject
) -> None:
    frame = walk(seed, count, holes)
    thinned, cut = Thinned(MINUTE, most=most), data.draw(st.integers(0, len(frame)))
    assert sum(len(each) for each in thinned.watch([frame.until(cut), frame.last(len(frame) - cut)])) == len(frame)
    if not len(frame):
        assert thinned.frame is None
        return
    found = thinned.frame
    assert found is not None
    assert len(found) <= most
    rows = np.searchsorted(found.timestamps, frame.timestamps, side="right") - 1
    assert (found.timestamps[rows] // thinned.step == frame.timestamps // thinned.step).all()
    assert (found.low[rows] <= frame.low).all()
    assert (frame.high <= found.high[rows]).all()
    assert found.volume.sum() == pytest.approx(frame.volume.sum())
    assert (found.open[0], found.close[-1]) == (frame.open[0], frame.close[-1])


def test_what_lies_outside_the_test_is_handed_on_but_not_kept() -> None:
    frame = walk(1, 100)
    thinned = Thinned(MINUTE, start=BEGIN + 20 * MINUTE, end=BEGIN + 50 * MINUTE)
    handed = list(thinned.watch([frame.until(10), frame.last(90)]))
    assert [len(each) for each in handed] == [10, 90]
    assert thinned.frame is not None
    assert thinned.frame.timestamps.tolist() == [BEGIN + at * MINUTE for at in range(20, 50)]
    assert thinned.count == 30


@pytest.mark.parametrize(
    ("step", "longer"), [(1_000, 5_000), (3 * MINUTE, 15 * MINUTE), (HOUR, 2 * HOUR), (7 * DAY, 14 * DAY)]
)
def test_the_next_length_is_a_usual_one_made_of_whole_candles(step: int, longer: int) -> None:
    thinned = Thinned(step, most=5)
    times = np.arange(6, dtype=np.int64) * step
    thinned.add(Frame(times, dict.fromkeys(("open", "high", "low", "close", "volume"), np.ones(6))))
    assert thinned.step == longer
