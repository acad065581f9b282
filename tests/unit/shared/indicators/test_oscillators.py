"""Stochastic, Williams %R and CCI are TA-Lib's wherever the market moved; where it did not, they are in the middle."""

import numpy as np
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st
from talib._ta_lib import MA_Type

from shared.indicators import over
from shared.market.frame import Column
from tests.unit.shared.indicators.candles import (
    Columns,
    any_candles,
    assert_close,
    candles,
    flat,
    needs_real_candles,
    real_month,
)


def moved(columns: Columns, window: int) -> np.ndarray:
    """Whether highest and lowest of a row's window differ."""
    highs, lows = windows(columns["high"], window).max(axis=1), windows(columns["low"], window).min(axis=1)
    return np.concatenate([np.zeros(window - 1, dtype=bool), highs > lows])


def windows(column: Column, window: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(column, window)


@needs_real_candles
@pytest.mark.parametrize("window", [2, 14, 300])
def test_williams_r_is_that_of_ta_lib_wherever_the_market_moved(window: int) -> None:
    month = real_month()
    (ours,) = over(month, f"williams:{window}")
    there = moved(month, window)
    theirs = talib.WILLR(month["high"], month["low"], month["close"], window)
    assert_close(ours[there], theirs[there], scale=100.0)
    assert there.sum() > 40_000


@needs_real_candles
@pytest.mark.parametrize(("window", "smooth", "signal"), [(14, 3, 3), (5, 1, 1), (60, 9, 5)])
def test_stochastic_is_that_of_ta_lib_wherever_the_market_moved(window: int, smooth: int, signal: int) -> None:
    month = real_month()
    theirs = talib.STOCH(month["high"], month["low"], month["close"], window, smooth, MA_Type.SMA, signal, MA_Type.SMA)
    still = np.convolve(~moved(month, window), np.ones(smooth + signal))[: len(month["close"])] > 0
    still[: window + smooth + signal] = False
    for ours, expected in zip(over(month, f"stochastic:{window},{smooth},{signal}"), theirs, strict=True):
        assert_close(ours[~still], expected[~still], scale=100.0)
    assert still.sum() < 4_000


@needs_real_candles
@pytest.mark.parametrize("window", [2, 20, 100])
def test_cci_is_that_of_ta_lib_wherever_the_market_moved(window: int) -> None:
    month = real_month()
    (ours,) = over(month, f"cci:{window}")
    typical = (month["high"] + month["low"] + month["close"]) / 3
    theirs = talib.CCI(month["high"], month["low"], month["close"], window)
    there = np.concatenate([np.ones(window - 1, dtype=bool), np.ptp(windows(typical, window), axis=1) > 0])
    assert_close(ours[there], theirs[there], scale=100.0)
    assert there.sum() > 40_000


@needs_real_candles
def test_they_are_those_of_ta_too() -> None:
    import pandas as pd
    from ta.momentum import stoch, williams_r
    from ta.trend import cci

    month = {name: column[:3_000] for name, column in real_month().items()}
    prices = [pd.Series(month[name]) for name in ("high", "low", "close")]
    assert_close(over(month, "stochastic:14,1,1")[0][13:], stoch(*prices, 14).to_numpy()[13:], scale=100.0)
    assert_close(over(month, "williams:14")[0][13:], williams_r(*prices, 14).to_numpy()[13:], scale=100.0)
    assert_close(over(month, "cci:20")[0][19:], cci(*prices, 20).to_numpy()[19:], scale=100.0)


@given(any_candles(broken=False), st.integers(1, 9))
def test_highest_and_lowest_of_a_window_are_found_however_prices_run(columns: Columns, window: int) -> None:
    (ours,) = over(columns, f"williams:{window}")
    for row in range(window - 1, len(ours)):
        since = slice(row - window + 1, row + 1)
        top, bottom = columns["high"][since].max(), columns["low"][since].min()
        close = columns["close"][row]
        assert ours[row] == (-100.0 * ((top - close) / (top - bottom)) if top > bottom else -50.0)


def test_a_close_at_the_top_is_a_hundred_or_zero_and_at_the_bottom_zero_or_minus_a_hundred() -> None:
    columns = candles((3, 1, 2, 0), (4, 2, 4, 0), (4, 1, 1, 0))
    assert over(columns, "stochastic:2,1,1")[0][1:].tolist() == [100.0, 0.0]
    assert over(columns, "williams:2")[0][1:].tolist() == [0.0, -100.0]


@pytest.mark.parametrize(("spec", "middle"), [("stochastic:5,3,3", 50.0), ("williams:5", -50.0), ("cci:5", 0.0)])
def test_a_market_that_does_not_move_is_in_the_middle_whatever_it_did_before(spec: str, middle: float) -> None:
    # 0.1 * 3 / 3 is not 0.1: a mean distance of rounding errors would make a CCI of a hundred of it.
    wild, still = [(9.0, 1.0, 0.7, 1.0), (8.0, 0.3, 0.3, 1.0)], [(0.1, 0.1, 0.1, 1.0)]
    for column in over(candles(*wild, *still * 30), spec):
        assert set(column[-20:]) == {middle}
    assert set(over(flat(30), spec)[0][-20:]) == {middle}


def test_percent_d_is_the_mean_of_percent_k_and_both_begin_together() -> None:
    columns = candles(*[(10.0, 0.0, float(close), 1.0) for close in (1, 2, 3, 6, 9)])
    k, d = over(columns, "stochastic:2,1,3")
    assert np.isnan(k).tolist() == np.isnan(d).tolist() == [True, True, True, False, False]
    assert k[3:].tolist() == [60.0, 90.0]
    assert d[3:] == pytest.approx([110 / 3, 60.0])
