"""ADX, the parabolic stop and Supertrend are TA-Lib's row by row; Supertrend is TradingView's too once it turned."""

from math import isnan, nan

import numpy as np
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st

from shared.indicators import named, over
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


@needs_real_candles
@pytest.mark.parametrize("window", [2, 14, 50])
def test_adx_and_its_directions_are_those_of_ta_lib_on_every_row_of_a_real_month(window: int) -> None:
    month = real_month()
    prices = month["high"], month["low"], month["close"]
    theirs = (compute(*prices, window) for compute in (talib.ADX, talib.PLUS_DI, talib.MINUS_DI))
    for ours, column in zip(over(month, f"adx:{window}"), theirs, strict=True):
        assert_close(ours, column)


def test_a_market_that_only_rises_has_all_its_strength_in_one_direction() -> None:
    rising = candles(*((price + 1.0, price, price + 0.5, 1.0) for price in range(100, 140)))
    strength, plus, minus = over(rising, "adx:5")
    assert np.flatnonzero(~np.isnan(plus))[0] == 5
    assert np.flatnonzero(~np.isnan(strength))[0] == 9
    assert strength[9:] == pytest.approx(100.0)
    assert (minus[5:] == 0.0).all()
    # The high rises by 1 a candle; the true range reaches from the close before, half a unit lower, and is 1.5.
    assert plus[-1] == pytest.approx(100 * 1 / 1.5, abs=0.1)


def test_a_market_that_never_moved_has_no_direction() -> None:
    for column, first in zip(over(flat(40), "adx:5"), (9, 5, 5), strict=True):
        assert np.isnan(column[:first]).all()
        assert (column[first:] == 0.0).all()


def test_adx_stays_what_it_was_when_the_market_stops_and_its_directions_fade() -> None:
    zigzag = [100.0, 103.0, 101.0, 105.0, 104.0, 108.0, 105.0, 110.0, 109.0, 113.0, 111.0, 115.0, 112.0]
    moving = [(price + 1.0, price - 1.0, price, 1.0) for price in zigzag]
    strength, plus, minus = over(candles(*moving, *[(112.0, 112.0, 112.0, 1.0)] * 20_000), "adx:5")
    stopped = len(zigzag)
    ratio = 100 * abs(plus[stopped] - minus[stopped]) / (plus[stopped] + minus[stopped])
    assert strength[-1] == pytest.approx(ratio)
    assert 0.0 < ratio < 100.0
    assert (plus[-1], minus[-1]) == (0.0, 0.0)


@needs_real_candles
@pytest.mark.parametrize(("acceleration", "maximum"), [(0.02, 0.2), (0.01, 0.1), (0.2, 0.2)])
def test_the_parabolic_stop_is_that_of_ta_lib_on_every_row_of_a_real_month(acceleration: float, maximum: float) -> None:
    month = real_month()
    (stop,) = over(month, f"psar:{acceleration},{maximum}")
    assert_close(stop, talib.SAR(month["high"], month["low"], acceleration, maximum))


@given(any_candles(broken=False))
def test_the_parabolic_stop_is_that_of_ta_lib_on_any_candles(given_candles: Columns) -> None:
    if len(given_candles["high"]) < 2:  # TA-Lib refuses a single row
        return
    (stop,) = over(given_candles, "psar")
    assert_close(stop, talib.SAR(given_candles["high"], given_candles["low"], 0.02, 0.2))


def test_an_acceleration_above_its_maximum_is_refused() -> None:
    with pytest.raises(ValueError, match=r"psar's acceleration, 0\.3, is above its maximum, 0\.2"):
        named("psar:0.3")


def tradingviews_supertrend(columns: Columns, factor: float, window: int) -> tuple[Column, Column]:
    """`ta.supertrend` as its page in the Pine Script reference defines it, line by line; na is nan there and here."""
    size = len(columns["close"])
    high, low, close = columns["high"], columns["low"], columns["close"]
    atr = tradingviews_atr(columns, window)
    line, direction = np.full(size, nan), np.full(size, nan)
    upper, lower = np.full(size, nan), np.full(size, nan)
    for row in range(size):
        source = (high[row] + low[row]) / 2
        upper[row], lower[row] = source + factor * atr[row], source - factor * atr[row]
        was_upper, was_lower, was_close = (
            (nan, nan, nan) if row == 0 else (upper[row - 1], lower[row - 1], close[row - 1])
        )
        was_upper, was_lower = (0.0 if isnan(was) else was for was in (was_upper, was_lower))
        lower[row] = lower[row] if lower[row] > was_lower or was_close < was_lower else was_lower
        upper[row] = upper[row] if upper[row] < was_upper or was_close > was_upper else was_upper
        if row == 0 or isnan(atr[row - 1]):
            direction[row] = 1
        elif line[row - 1] == was_upper:
            direction[row] = -1 if close[row] > upper[row] else 1
        else:
            direction[row] = 1 if close[row] < lower[row] else -1
        line[row] = lower[row] if direction[row] == -1 else upper[row]
    undefined = np.isnan(atr)
    line[undefined] = direction[undefined] = nan
    return line, direction


def tradingviews_atr(columns: Columns, window: int) -> Column:
    """`ta.atr`: `ta.rma` of `ta.tr(true)`, whose first row is high - low; a simple mean is the seed."""
    before = np.concatenate([columns["close"][:1], columns["close"][:-1]])
    reach = np.maximum(columns["high"], before) - np.minimum(columns["low"], before)
    reach[:1] = (columns["high"] - columns["low"])[:1]
    atr = np.full(len(reach), nan)
    for row in range(window - 1, len(reach)):
        atr[row] = reach[:window].mean() if row == window - 1 else atr[row - 1] + (reach[row] - atr[row - 1]) / window
    return atr


SETTINGS = pytest.mark.parametrize(("window", "multiple"), [(10, 3.0), (7, 1.5), (2, 0.5)])


@needs_real_candles
@SETTINGS
def test_supertrend_is_that_of_ta_lib_on_every_row_of_a_real_month(window: int, multiple: float) -> None:
    month = real_month()
    line, direction = over(month, f"supertrend:{window},{multiple}")
    theirs, trend = talib.SUPERTREND(month["high"], month["low"], month["close"], window, multiple)
    assert_close(line, theirs)
    np.testing.assert_array_equal(direction[window:], trend[window:])
    assert {-1.0, 1.0} == set(direction[window:])


@needs_real_candles
@SETTINGS
def test_supertrend_is_that_of_tradingview_once_the_seed_is_forgotten(window: int, multiple: float) -> None:
    line, direction = over(real_month(), f"supertrend:{window},{multiple}")
    theirs, opposite = tradingviews_supertrend(real_month(), multiple, window)
    assert_close(line[1_000:], theirs[1_000:])
    np.testing.assert_array_equal(direction[1_000:], -opposite[1_000:])


@given(any_candles(broken=False), st.integers(2, 6))
def test_supertrend_is_below_the_close_while_it_rises_and_above_while_it_falls(given_: Columns, window: int) -> None:
    line, direction = over(given_, f"supertrend:{window},1.5")
    rises, falls = direction == 1.0, direction == -1.0
    rises[: window + 1] = False  # it begins rising, wherever the close is
    assert (line[rises] <= given_["close"][rises]).all()
    assert (line[falls] >= given_["close"][falls]).all()
    assert np.isnan(direction[:window]).all()
    assert (np.abs(direction[window:]) == 1.0).all()


def test_supertrend_turns_where_the_close_passes_the_line() -> None:
    # Each candle is 2 high and closes 1 lower, so the bands are 2 * 2 from its middle: 111 from the sixth close, 115,
    # where it stays while the market falls through it. The last candle closes above the line it has left at 101 + 4.
    falling = [(price + 1.0, price - 1.0, float(price), 1.0) for price in range(120, 100, -1)]
    line, direction = over(candles(*falling, (130.0, 101.0, 129.0, 1.0)), "supertrend:5,2")
    assert direction[5:].tolist() == [1.0] * 5 + [-1.0] * 10 + [1.0]
    assert line[5:10] == pytest.approx([111.0] * 5)
    assert line[10:20] == pytest.approx([float(price) for price in range(114, 104, -1)])
    assert line[20] == pytest.approx(115.5 - 2 * (4 * 2 + 29) / 5)
