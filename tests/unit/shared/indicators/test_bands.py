"""Bollinger bands are TA-Lib's on every row, and exact where TA-Lib's digits cancel out."""

import numpy as np
import pytest
import talib

from shared.indicators import over
from tests.unit.shared.indicators.candles import assert_close, flat, needs_real_candles, real_month


@needs_real_candles
@pytest.mark.parametrize(("window", "deviations"), [(2, 1.0), (20, 2.0), (200, 0.5)])
def test_bands_are_those_of_ta_lib_on_every_row_of_a_real_month(window: int, deviations: float) -> None:
    close = real_month()["close"]
    ours = over(real_month(), f"bollinger:{window},{deviations}")
    theirs = talib.BBANDS(close, window, deviations, deviations)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other))
    # TA-Lib's squares of whole prices leave it an error of the root of 1e-16 of the price where nothing moves.
    calm = np.nan_to_num(theirs[0] - theirs[2]) < 1e-4 * close
    for one, other in zip(ours, theirs, strict=True):
        assert_close(one[~calm], other[~calm])
    assert calm.sum() < (4_400 if window > 2 else 44_000)


@needs_real_candles
@pytest.mark.parametrize("window", [2, 20, 200])
def test_bands_are_those_of_numpy_on_every_row_of_a_real_month(window: int) -> None:
    close = real_month()["close"]
    rows = np.lib.stride_tricks.sliding_window_view(close, window)
    middle, deviation = rows.mean(axis=1), rows.std(axis=1)
    ours = over(real_month(), f"bollinger:{window},2")
    for column, expected in zip(ours, (middle + 2 * deviation, middle, middle - 2 * deviation), strict=True):
        assert_close(column[window - 1 :], expected)


@needs_real_candles
def test_bands_are_those_of_ta() -> None:
    import pandas as pd
    from ta.volatility import bollinger_hband, bollinger_lband

    close = real_month()["close"][:5_000]
    upper, _, lower = over({"close": close}, "bollinger:20,2")
    assert_close(upper[19:], bollinger_hband(pd.Series(close), 20, 2).to_numpy()[19:])
    assert_close(lower[19:], bollinger_lband(pd.Series(close), 20, 2).to_numpy()[19:])


def test_bands_lie_so_many_deviations_of_the_population_about_the_mean() -> None:
    upper, middle, lower = over({"close": np.array([99.0, 101.0] * 10)}, "bollinger:20,2.5")
    assert (upper[-1], middle[-1], lower[-1]) == (102.5, 100.0, 97.5)


@pytest.mark.parametrize("price", [0.1, 100.1, 1e9 / 7])
def test_bands_of_a_flat_market_are_its_price_whatever_it_did_before(price: float) -> None:
    closes = np.concatenate([[5e8, 1.0, 3e8], flat(60, price=price)["close"]])
    for column in over({"close": closes}, "bollinger:20,2"):
        assert set(column[22:]) == {price}


def test_a_cent_of_movement_on_a_price_of_a_billion_is_seen() -> None:
    closes = 1e9 + np.tile([0.0, 0.5], 40)
    upper, middle, lower = over({"close": closes}, "bollinger:20,2")
    assert (upper[-1], middle[-1], lower[-1]) == (1e9 + 0.75, 1e9 + 0.25, 1e9 - 0.25)
