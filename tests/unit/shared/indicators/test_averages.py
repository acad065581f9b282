"""Moving averages are TA-Lib's on every row, and stay so after a price that is far off."""

import numpy as np
import pytest
import talib

from shared.indicators import over
from tests.unit.shared.indicators.candles import assert_close, flat, needs_real_candles, real_month

NAMES = ("sma", "ema", "wma")
WINDOWS = (1, 2, 14, 200)


@needs_real_candles
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("window", WINDOWS)
def test_an_average_is_that_of_ta_lib_on_every_row_of_a_real_month(name: str, window: int) -> None:
    close = real_month()["close"]
    expected = close if window == 1 else getattr(talib, name.upper())(close, window)  # TA-Lib's windows begin at 2
    assert_close(over(real_month(), f"{name}:{window}")[0], expected)


@needs_real_candles
@pytest.mark.parametrize(("name", "theirs"), [("sma", "sma_indicator"), ("ema", "ema_indicator")])
def test_an_average_is_that_of_ta_once_it_is_warm(name: str, theirs: str) -> None:
    import pandas as pd
    from ta import trend

    close = real_month()["close"][:5_000]
    expected = getattr(trend, theirs)(pd.Series(close), window=20).to_numpy()
    assert_close(over({"close": close}, f"{name}:20")[0][500:], expected[500:])


def test_the_simple_average_counts_each_close_alike_the_weighted_one_the_newest_most() -> None:
    closes = {"close": np.array([1.0, 2.0, 6.0, 3.0])}
    assert over(closes, "sma:3")[0][2:].tolist() == [3.0, 11 / 3]
    assert over(closes, "wma:3")[0][2:].tolist() == [(1 + 4 + 18) / 6, (2 + 12 + 9) / 6]


def test_the_exponential_average_starts_as_the_mean_of_its_first_window() -> None:
    (ema,) = over({"close": np.array([1.0, 2.0, 6.0, 5.0])}, "ema:3")
    assert np.isnan(ema[:2]).all()
    assert ema[2:].tolist() == [3.0, 4.0]


@pytest.mark.parametrize("name", NAMES)
def test_an_average_of_a_flat_market_is_its_price(name: str) -> None:
    (column,) = over(flat(100, price=0.1), f"{name}:7")
    assert column[6:] == pytest.approx(np.full(94, 0.1), rel=1e-15)


@pytest.mark.parametrize("name", ["sma", "wma"])
def test_a_price_that_was_absurd_is_forgotten_after_sixteen_windows(name: str) -> None:
    # A running sum alone would keep what 1e18 rounded away: TA-Lib's mean is off for the rest of the column.
    closes = np.concatenate([np.full(10, 1e18), np.arange(1.0, 401.0)])
    (column,) = over({"close": closes}, f"{name}:10")
    (fresh,) = over({"close": closes[100:]}, f"{name}:10")
    assert column[159:].tolist() == fresh[59:].tolist()
