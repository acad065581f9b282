"""Indicators are named by a spec, `rsi:14` or `ta:momentum.rsi:14`, and become columns of the frame."""

import subprocess
import sys

import numpy as np
import numpy.typing as npt
import pytest

from shared.indicators import indicator, with_indicators
from shared.market import Frame

Prices = npt.NDArray[np.float64]


def frame_of(close: Prices) -> Frame:
    """Candles a little wider than their close."""
    columns = {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": np.ones(len(close))}
    return Frame(np.arange(len(close), dtype=np.int64) * 60_000, columns)


def wilder(close: Prices, period: int) -> float:
    """The last RSI as Wilder computes it (New Concepts in Technical Trading Systems, 1978): mean, then smoothing."""
    changes = np.diff(close)
    ups, downs = np.maximum(changes, 0), np.maximum(-changes, 0)
    up, down = float(ups[:period].mean()), float(downs[:period].mean())
    for gain, loss in zip(ups[period:], downs[period:], strict=True):
        up, down = (up * (period - 1) + gain) / period, (down * (period - 1) + loss) / period
    return 100 - 100 / (1 + up / down)


def test_rsi_of_a_market_that_rises_two_and_falls_one_forever() -> None:
    # By hand: with averages U and D after a rise, U' and D' after a fall, Wilder's smoothing is in balance where
    # U = 13/14 U' + 2/14, U' = 13/14 U, D = 13/14 D', D' = 13/14 D + 1/14: U:D = 28:13 and U':D' = 26:14.
    close = 1_000 + np.concatenate([[0], np.tile([2.0, -1.0], 400)]).cumsum()
    rsi = indicator("ta:momentum.rsi:14")(frame_of(close))
    assert rsi[-2] == pytest.approx(100 * 28 / 41, abs=1e-9)
    assert rsi[-1] == pytest.approx(100 * 26 / 40, abs=1e-9)


@pytest.mark.parametrize("period", [7, 14])
def test_rsi_agrees_with_wilders_recursion_once_it_is_warm(period: int) -> None:
    seed = 7
    print(f"seed {seed}")
    close = 100 * np.exp(np.random.default_rng(seed).normal(0, 0.01, 1_000).cumsum())
    assert indicator(f"ta:momentum.rsi:{period}")(frame_of(close))[-1] == pytest.approx(wilder(close, period), abs=1e-9)


def test_rsi_is_not_a_number_until_its_period_is_full() -> None:
    rsi = indicator("ta:momentum.rsi:14")(frame_of(np.arange(100.0, 130.0)))
    assert np.isnan(rsi[:13]).all()
    assert (rsi[13:] == 100.0).all()


def test_ema_of_a_flat_market_is_its_price() -> None:
    ema = indicator("ta:trend.ema_indicator:12")(frame_of(np.full(30, 250.0)))
    assert ema[-1] == 250.0


def test_ema_moves_towards_a_new_price_by_two_thirteenths_a_candle() -> None:
    ema = indicator("ta:trend.ema_indicator:12")(frame_of(np.array([100.0] * 20 + [113.0] * 2)))
    assert ema[-2] == pytest.approx(100 + 13 * 2 / 13)
    assert ema[-1] == pytest.approx(102 + 11 * 2 / 13)


def test_arguments_are_optional_and_may_be_fractions() -> None:
    candles = frame_of(np.linspace(100, 110, 60) + np.tile([0.0, 1.0], 30))
    assert indicator("ta:momentum.rsi")(candles)[-1] == indicator("ta:momentum.rsi:14")(candles)[-1]
    narrow, wide = (indicator(f"ta:volatility.bollinger_hband:20,{width}")(candles)[-1] for width in ("1.5", "2.5"))
    assert narrow < wide


@pytest.mark.parametrize("spec", ["ta:momentum.rsi:14", "ta:volatility.average_true_range:14", "ta:trend.adx:14"])
@pytest.mark.parametrize("rows", [0, 1, 5])
def test_a_window_too_short_for_an_indicator_is_nowhere_a_number(spec: str, rows: int) -> None:
    column = indicator(spec)(frame_of(np.arange(100.0, 100.0 + rows)))
    assert len(column) == rows
    assert np.isnan(column).all()


def test_indicators_stand_in_the_frame_under_their_names() -> None:
    candles = frame_of(np.arange(100.0, 140.0))
    seen = with_indicators(
        candles, {"rsi": indicator("ta:momentum.rsi:14"), "ema": indicator("ta:trend.ema_indicator:3")}
    )
    assert seen["rsi"][-1] == 100.0
    assert seen["ema"][-1] == pytest.approx(138.0, abs=0.01)
    assert seen.close is candles.close


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("talib:RSI:14", "no indicator is called 'talib'"),
        ("ta:", "write ta:MODULE.FUNCTION"),
        ("ta:rsi:14", "ta has no function 'rsi'"),
        ("ta:momentum.rsj:14", "ta has no function 'momentum.rsj'"),
        ("ta:momentum.RSIIndicator", "ta has no function"),
        ("ta:trend._ema", "ta has no function"),
        ("ta:utils.dropna", "ta has no function"),
        ("ta:momentum.rsi:many", "the arguments 'many' are not numbers"),
        ("ta:momentum.rsi:14,,", "is too much"),
        ("ta:momentum.rsi:14,3", "rsi takes window; '14,3' is too much"),
        ("ta:volume.on_balance_volume:14", "takes no arguments"),
    ],
)
def test_a_spec_that_names_nothing_is_refused_with_what_is_wrong_with_it(spec: str, complaint: str) -> None:
    with pytest.raises(ValueError, match="indicator ") as refusal:
        indicator(spec)
    assert repr(spec) in str(refusal.value)
    assert complaint in str(refusal.value)


def test_pandas_is_loaded_only_when_an_indicator_is_named() -> None:
    program = """
import sys
import shared.indicators
assert "pandas" not in sys.modules
shared.indicators.indicator("ta:momentum.rsi:14")
assert "pandas" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_function_of_the_frame_is_an_indicator_too() -> None:
    frame = frame_of(np.array([100.0, 101.0, 103.0]))
    named = {"range": indicator(lambda given: given.high - given.low), "list": indicator(lambda _: [1, 2, 3])}  # type: ignore[arg-type,return-value]
    made = with_indicators(frame, named)
    assert made["range"].tolist() == [2.0, 2.0, 2.0]
    assert made["list"].dtype == np.float64


def test_a_function_that_gives_another_number_of_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="column 'short' has 2 rows, the frame has 3"):
        with_indicators(frame_of(np.ones(3)), {"short": lambda frame: frame.close[1:]})


def test_what_is_neither_a_spec_nor_a_function_is_refused() -> None:
    with pytest.raises(TypeError, match=r"indicator 14: a text like rsi:14 is meant, or a function"):
        indicator(14)  # type: ignore[arg-type]
