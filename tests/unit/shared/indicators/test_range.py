"""The average true range is Wilder's, row by row that of TA-Lib."""

import numpy as np
import pytest
import talib

from shared.indicators import over
from tests.unit.shared.indicators.candles import assert_close, candles, flat, needs_real_candles, real_month


@needs_real_candles
@pytest.mark.parametrize("window", [2, 14, 100])
def test_atr_is_that_of_ta_lib_on_every_row_of_a_real_month(window: int) -> None:
    month = real_month()
    (atr,) = over(month, f"atr:{window}")
    assert_close(atr, talib.ATR(month["high"], month["low"], month["close"], window))


@needs_real_candles
def test_atr_is_that_of_ta_after_the_warm_up() -> None:
    from ta.volatility import AverageTrueRange

    month = {name: column[:5_000] for name, column in real_month().items()}
    import pandas as pd

    theirs = AverageTrueRange(*(pd.Series(month[name]) for name in ("high", "low", "close")), 14).average_true_range()
    assert_close(over(month, "atr:14")[0][1_000:], theirs.to_numpy()[1_000:])


def test_a_gap_between_two_candles_counts_from_the_close_before() -> None:
    (atr,) = over(candles((11, 9, 10, 1), (21, 19, 20, 1), (21, 19, 20, 1)), "atr:1")
    assert np.isnan(atr[0])
    assert atr[1:].tolist() == [11.0, 2.0]


def test_the_first_value_is_the_mean_of_the_first_true_ranges_and_wilders_average_follows() -> None:
    (atr,) = over(candles((10, 10, 10, 1), (12, 10, 11, 1), (15, 11, 12, 1), (20, 12, 15, 1), (15, 15, 15, 1)), "atr:2")
    assert np.isnan(atr[:2]).all()
    assert atr[2:].tolist() == [(2 + 4) / 2, (3 + 8) / 2, 5.5 / 2]


def test_a_market_that_never_moves_has_no_range() -> None:
    (atr,) = over(flat(40), "atr:14")
    assert np.isnan(atr[:14]).all()
    assert (atr[14:] == 0.0).all()
