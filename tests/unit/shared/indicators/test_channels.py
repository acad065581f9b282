"""Donchian, Keltner and Ichimoku against their published definitions in pandas, and against `ta`."""

import numpy as np
import pandas as pd
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st
from ta.trend import IchimokuIndicator
from ta.volatility import DonchianChannel, KeltnerChannel

from shared.indicators import over
from tests.unit.shared.indicators.candles import (
    Columns,
    any_candles,
    assert_close,
    candles,
    flat,
    needs_real_candles,
    real_month,
)


def prices(columns: Columns) -> tuple[pd.Series, pd.Series, pd.Series]:
    return pd.Series(columns["high"]), pd.Series(columns["low"]), pd.Series(columns["close"])


def middle_of(columns: Columns, window: int) -> pd.Series:
    """Pine Script's `math.avg(ta.lowest(window), ta.highest(window))`, of which all three indicators are made."""
    high, low, _ = prices(columns)
    return (high.rolling(window).max() + low.rolling(window).min()) / 2


@needs_real_candles
@pytest.mark.parametrize("window", [1, 2, 20, 500])
def test_donchian_is_the_rolling_highest_and_lowest_on_every_row_of_a_real_month(window: int) -> None:
    high, low, close = prices(real_month())
    middle, upper, lower = over(real_month(), f"donchian:{window}")
    np.testing.assert_array_equal(upper, high.rolling(window).max())
    np.testing.assert_array_equal(lower, low.rolling(window).min())
    np.testing.assert_array_equal(middle, middle_of(real_month(), window))
    theirs = DonchianChannel(high, low, close, window)
    assert_close(upper, theirs.donchian_channel_hband().to_numpy())
    assert_close(lower, theirs.donchian_channel_lband().to_numpy())
    assert_close(middle, theirs.donchian_channel_mband().to_numpy())


@given(any_candles(broken=False), st.integers(1, 9))
def test_donchian_is_the_highest_and_lowest_of_the_last_rows_of_any_candles(given_: Columns, window: int) -> None:
    _, upper, lower = over(given_, f"donchian:{window}")
    for row in range(window - 1, len(upper)):
        assert upper[row] == given_["high"][row - window + 1 : row + 1].max()
        assert lower[row] == given_["low"][row - window + 1 : row + 1].min()
    assert np.isnan(upper[: window - 1]).all()


@needs_real_candles
@pytest.mark.parametrize(("short", "medium", "long"), [(9, 26, 52), (52, 9, 26), (1, 2, 3)])
def test_ichimoku_is_made_of_three_middles_on_every_row_of_a_real_month(short: int, medium: int, long: int) -> None:
    month = real_month()
    conversion, base, span_a, span_b, lagging = over(month, f"ichimoku:{short},{medium},{long}")
    np.testing.assert_array_equal(conversion, middle_of(month, short))
    np.testing.assert_array_equal(base, middle_of(month, medium))
    np.testing.assert_array_equal(span_a, (middle_of(month, short) + middle_of(month, medium)) / 2)
    np.testing.assert_array_equal(span_b, middle_of(month, long))
    np.testing.assert_array_equal(lagging, month["close"])


@needs_real_candles
def test_ichimoku_is_that_of_ta_after_the_warm_up() -> None:
    high, low, _ = prices(real_month())
    ta = IchimokuIndicator(high, low, 9, 26, 52, visual=False)
    theirs = ta.ichimoku_conversion_line(), ta.ichimoku_base_line(), ta.ichimoku_a(), ta.ichimoku_b()
    for ours, column in zip(over(real_month(), "ichimoku")[:4], theirs, strict=True):
        assert_close(ours[51:], column.to_numpy()[51:])


@needs_real_candles
@pytest.mark.parametrize(("window", "atr_window", "multiple"), [(20, 10, 2.0), (5, 50, 1.5), (50, 5, 1.0), (1, 1, 1.0)])
def test_keltner_is_ema_and_average_true_range_on_every_row(window: int, atr_window: int, multiple: float) -> None:
    """TradingView's Keltner Channels (exponential, bands style Average True Range), made of what TA-Lib computes."""
    month = real_month()
    prices = month["high"], month["low"], month["close"]
    middle, upper, lower = over(month, f"keltner:{window},{atr_window},{multiple}")
    ema = talib.EMA(month["close"], window) if window > 1 else month["close"]
    reach = multiple * talib.ATR(*prices, atr_window)
    for ours, theirs in ((middle, ema), (upper, ema + reach), (lower, ema - reach)):
        assert_close(ours, theirs)


@needs_real_candles
def test_keltner_is_as_wide_as_that_of_ta_lib_after_the_warm_up() -> None:
    month = real_month()
    _, upper, lower = over(month, "keltner:20,10,2")
    their_upper, _, their_lower = talib.KC(month["high"], month["low"], month["close"], 20, 10, 2.0)
    ours, theirs = upper - lower, their_upper - their_lower
    assert_close(ours[1_000:], theirs[1_000:], scale=month["close"].max())


@needs_real_candles
def test_keltner_is_that_of_ta_after_the_warm_up() -> None:
    month = {name: column[:5_000] for name, column in real_month().items()}
    ta = KeltnerChannel(*prices(month), window=20, window_atr=10, multiplier=2, original_version=False)
    theirs = ta.keltner_channel_mband(), ta.keltner_channel_hband(), ta.keltner_channel_lband()
    for ours, column in zip(over(month, "keltner"), theirs, strict=True):
        assert_close(ours[1_000:], column.to_numpy()[1_000:])


def test_the_middle_of_keltner_is_the_ema() -> None:
    columns = candles(*((price + 2.0, price - 1.0, float(price), 1.0) for price in range(100, 150)))
    assert over(columns, "keltner:20,10,2")[0].tobytes() == over(columns, "ema:20")[0].tobytes()


def test_keltner_has_a_middle_before_it_has_bands() -> None:
    middle, upper, lower = over(flat(30, price=50.0), "keltner:5,20,2")
    assert np.flatnonzero(~np.isnan(middle))[0] == 4
    assert np.flatnonzero(~np.isnan(upper))[0] == 20
    assert (middle[4:] == 50.0).all()
    assert (upper[20:] == lower[20:]).all()


@pytest.mark.parametrize("name", ["donchian:5", "keltner:5,5,2", "ichimoku:2,3,5"])
def test_every_channel_of_a_market_that_never_moves_is_its_price(name: str) -> None:
    for column in over(flat(20, price=0.1), name):
        assert column[10:] == pytest.approx(0.1, rel=1e-15)
