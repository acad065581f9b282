"""RSI, MACD and the rate of change are TA-Lib's on every row; where TA-Lib guesses, ours say what they mean."""

import numpy as np
import pytest
import talib

from shared.indicators import over
from tests.unit.shared.indicators.candles import assert_close, flat, needs_real_candles, real_month


@needs_real_candles
@pytest.mark.parametrize("window", [2, 14, 100])
def test_rsi_is_that_of_ta_lib_on_every_row_of_a_real_month(window: int) -> None:
    close = real_month()["close"]
    assert_close(over(real_month(), f"rsi:{window}")[0], talib.RSI(close, window), scale=100.0)


@needs_real_candles
@pytest.mark.parametrize("windows", [(12, 26, 9), (2, 3, 1), (5, 35, 5)])
def test_macd_its_signal_and_histogram_are_those_of_ta_lib(windows: tuple[int, int, int]) -> None:
    close = real_month()["close"]
    spec = f"macd:{','.join(map(str, windows))}"
    for ours, theirs in zip(over(real_month(), spec), talib.MACD(close, *windows), strict=True):
        assert_close(ours, theirs, scale=close)


@needs_real_candles
@pytest.mark.parametrize("window", [1, 10, 500])
def test_the_rate_of_change_is_that_of_ta_lib(window: int) -> None:
    assert_close(over(real_month(), f"roc:{window}")[0], talib.ROC(real_month()["close"], window))


@needs_real_candles
def test_rsi_and_macd_are_those_of_ta_once_they_are_warm() -> None:
    import pandas as pd
    from ta.momentum import rsi
    from ta.trend import macd_diff

    close = real_month()["close"][:5_000]
    prices, warm = pd.Series(close), 1_000
    assert_close(over({"close": close}, "rsi:14")[0][warm:], rsi(prices, 14).to_numpy()[warm:], scale=100.0)
    assert_close(over({"close": close}, "macd")[2][warm:], macd_diff(prices).to_numpy()[warm:], scale=close[warm:])


def test_rsi_of_a_market_that_rises_two_and_falls_one_forever() -> None:
    # By hand: with averages U and D after a rise, U' and D' after a fall, Wilder's smoothing is in balance where
    # U = 13/14 U' + 2/14, U' = 13/14 U, D = 13/14 D', D' = 13/14 D + 1/14: U:D = 28:13 and U':D' = 26:14.
    close = 1_000 + np.concatenate([[0], np.tile([2.0, -1.0], 400)]).cumsum()
    (rsi,) = over({"close": close}, "rsi:14")
    assert rsi[-2] == pytest.approx(100 * 28 / 41, abs=1e-9)
    assert rsi[-1] == pytest.approx(100 * 26 / 40, abs=1e-9)


def test_rsi_is_a_hundred_while_prices_only_rise_and_nothing_while_they_only_fall() -> None:
    rising = np.arange(1.0, 40.0)
    assert set(over({"close": rising}, "rsi:5")[0][5:]) == {100.0}
    assert set(over({"close": rising[::-1].copy()}, "rsi:5")[0][5:]) == {0.0}


def test_rsi_is_neutral_where_nothing_has_moved_and_keeps_its_value_where_nothing_moves_any_more() -> None:
    assert set(over(flat(30), "rsi:14")[0][14:]) == {50.0}
    (stopped,) = over({"close": np.array([10.0, 12.0, 11.0] + [11.0] * 50)}, "rsi:2")
    assert stopped[2:] == pytest.approx(np.full(51, 100 * 2 / 3))


def test_rsi_needs_a_window_of_changes_which_is_a_close_more() -> None:
    (rsi,) = over({"close": np.array([1.0, 2.0, 3.0, 4.0])}, "rsi:3")
    assert np.isnan(rsi).tolist() == [True, True, True, False]


def test_rsi_stays_what_it_was_however_long_nothing_moves_and_goes_on_from_there() -> None:
    moved = [100.0, 101.0, 100.5] * 10
    closes = np.array([*moved, *[100.5] * 20_000, 99.5])
    column = over({"close": closes}, "rsi:14")[0]
    np.testing.assert_allclose(column[30:-1], column[29], rtol=1e-9)
    assert column[-1] < 1e-9


def test_macd_of_a_flat_market_is_zero_from_its_first_row_on() -> None:
    for column in over(flat(40), "macd:12,26,9"):
        assert np.isnan(column[:33]).all()
        assert column[33:].tolist() == [0.0] * 7


def test_a_rate_of_change_from_nothing_is_not_a_number() -> None:
    (roc,) = over({"close": np.array([0.0, 5.0, 10.0])}, "roc:1")
    assert np.isnan(roc[:2]).all()
    assert roc[2] == 100.0
