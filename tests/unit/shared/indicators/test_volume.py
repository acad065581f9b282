"""On-balance volume and the money flow index are TA-Lib's row by row, the day's average price is TradingView's."""

import numpy as np
import pandas as pd
import pytest
import talib

from shared.indicators import over
from tests.unit.shared.indicators.candles import (
    MINUTE,
    Columns,
    assert_close,
    candles,
    flat,
    minutes,
    needs_real_candles,
    part,
    real_month,
)

DAY = 1_440


@needs_real_candles
def test_obv_is_that_of_ta_lib_on_every_row_of_a_real_month() -> None:
    month = real_month()
    (obv,) = over(month, "obv")
    assert_close(obv, talib.OBV(month["close"], month["volume"]), scale=month["volume"].max())


def test_obv_stays_where_the_close_does() -> None:
    (obv,) = over(candles((1, 1, 1, 5), (2, 2, 2, 3), (2, 2, 2, 7), (1, 1, 1, 4)), "obv")
    assert obv.tolist() == [5.0, 8.0, 8.0, 4.0]


@needs_real_candles
@pytest.mark.parametrize("window", [2, 14, 100])
def test_mfi_is_that_of_ta_lib_on_every_row_of_a_real_month(window: int) -> None:
    month = real_month()
    (mfi,) = over(month, f"mfi:{window}")
    assert_close(mfi, talib.MFI(month["high"], month["low"], month["close"], month["volume"], window), scale=100.0)


def test_mfi_is_a_hundred_while_money_only_flows_in_and_nothing_while_it_only_flows_out() -> None:
    rising = [(price, price, price, 2.0) for price in range(10, 15)]
    (mfi,) = over(candles(*rising, *rising[::-1]), "mfi:3")
    assert np.isnan(mfi[:3]).all()
    assert mfi[3:5].tolist() == [100.0, 100.0]
    assert mfi[8:].tolist() == [0.0, 0.0]


def test_a_typical_price_that_only_rounding_moved_has_not_moved() -> None:
    # 5764.97 + 5763.46 + 5763.47 and 5764.94 + 5763.48 + 5763.48 are both 17291.9, but not in doubles.
    rows = [(5763.92, 5763.31, 5763.31, 1.0), (5764.97, 5763.46, 5763.47, 1.0), (5764.94, 5763.48, 5763.48, 1.0)]
    assert sum(rows[1][:3]) != sum(rows[2][:3])
    assert over(candles(*rows), "mfi:2")[0][2] == 100.0


def test_mfi_is_fifty_where_no_money_flows_for_a_window_whatever_flowed_before() -> None:
    # Sums that are added to and subtracted from would leave a rest here, and a ratio of rests. TA-Lib says 0.
    wild = [(price, price, price, 1e9 / price) for price in (0.1, 0.7, 0.3, 0.9, 0.2)]
    still = [(0.2, 0.2, 0.2, 0.0)] * 8
    (mfi,) = over(candles(*wild, *still), "mfi:4")
    assert mfi[8:].tolist() == [50.0] * 5


def reference_vwap(columns: Columns) -> pd.Series:
    """Pine Script's `ta.vwap(hlc3)`: both sums begin anew where `timeframe.change("1D")`."""
    frame = pd.DataFrame(columns)
    day = (frame["timestamp"] // (DAY * MINUTE)).astype(int)
    paid = (frame["high"] + frame["low"] + frame["close"]) / 3 * frame["volume"]
    return paid.groupby(day).cumsum() / frame["volume"].groupby(day).cumsum()


@needs_real_candles
@pytest.mark.parametrize("first", [0, 500])
def test_vwap_is_that_of_tradingview_on_every_row_from_the_first_midnight(first: int) -> None:
    month = part(real_month(), first, len(real_month()["close"]))
    (vwap,) = over(month, "vwap")
    midnight = 0 if first == 0 else DAY - first
    assert_close(vwap[midnight:], reference_vwap(month).to_numpy()[midnight:])


@needs_real_candles
def test_vwap_of_a_day_is_what_ta_says_of_a_window_of_that_day() -> None:
    from ta.volume import volume_weighted_average_price

    day = part(real_month(), 0, DAY)
    prices = (pd.Series(day[name]) for name in ("high", "low", "close", "volume"))
    theirs = volume_weighted_average_price(*prices, window=DAY)
    assert over(day, "vwap")[0][-1] == pytest.approx(theirs.iloc[-1], rel=1e-9)


def test_a_day_whose_beginning_is_not_seen_has_no_vwap() -> None:
    columns = {**flat(5), **minutes(5, first=(DAY - 3) * MINUTE)}
    (vwap,) = over(columns, "vwap")
    assert np.isnan(vwap[:3]).all()
    assert vwap[3:].tolist() == [100.0, 100.0]


def test_a_day_whose_first_minutes_are_missing_begins_with_its_first_candle() -> None:
    times = np.array([DAY - 2, DAY - 1, DAY + 60, DAY + 61]) * float(MINUTE)
    columns = {**candles((1, 1, 1, 1), (1, 1, 1, 1), (4, 4, 4, 1), (7, 7, 7, 2)), "timestamp": times}
    assert over(columns, "vwap")[0][2:].tolist() == [4.0, 6.0]


def test_a_day_has_no_vwap_until_something_is_traded() -> None:
    (vwap,) = over(candles((5, 5, 5, 0), (6, 6, 6, 0), (8, 8, 8, 3)), "vwap")
    assert np.isnan(vwap[:2]).all()
    assert vwap[2] == 8.0
