"""The whole of `ta` is there by name, without its traps: what is no value yet is no number, and nothing looks ahead."""

import inspect
from importlib import import_module

import numpy as np
import pytest

from shared.indicators import indicator
from shared.market import Frame

MODULES = ("momentum", "trend", "volatility", "volume", "others")
ALL = [
    f"ta:{module}.{name}"
    for module in MODULES
    for name, function in inspect.getmembers(import_module(f"ta.{module}"), inspect.isfunction)
    if function.__module__ == f"ta.{module}" and not name.startswith("_")
]


def walk(rows: int) -> Frame:
    rng = np.random.default_rng(7)
    close = 100 * np.exp(rng.normal(0, 0.01, rows).cumsum())
    opened = np.concatenate([[100.0], close[:-1]])[:rows]
    high, low = np.maximum(opened, close) + rng.random(rows) / 10, np.minimum(opened, close) - rng.random(rows) / 10
    columns = {"open": opened, "high": high, "low": low, "close": close, "volume": 1 + rng.random(rows)}
    return Frame(np.arange(rows, dtype=np.int64) * 60_000, columns)


def flat(rows: int, price: float = 100.0) -> Frame:
    prices = np.full(rows, price)
    columns = dict.fromkeys(("open", "high", "low", "close", "volume"), prices)
    return Frame(np.arange(rows, dtype=np.int64) * 60_000, columns)


def test_there_are_some_seventy() -> None:
    assert len(ALL) > 70


@pytest.mark.parametrize("spec", ALL)
def test_no_row_changes_once_later_rows_are_known(spec: str) -> None:
    compute, whole = indicator(spec), walk(300)
    column = compute(whole)
    for rows in (60, 100, 200):
        np.testing.assert_allclose(compute(whole.until(rows)), column[:rows], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("spec", ALL)
@pytest.mark.parametrize("rows", [0, 1, 2, 5])
def test_few_rows_give_as_many_values_or_none_and_no_error(spec: str, rows: int) -> None:
    assert indicator(spec)(walk(rows)).shape == (rows,)


@pytest.mark.parametrize(
    ("spec", "first"),
    [
        ("ta:volatility.average_true_range:10", 9),
        ("ta:trend.adx:10", 19),
        ("ta:trend.adx_pos:10", 11),
        ("ta:trend.adx_neg:10", 11),
        ("ta:trend.kst", 44),
        ("ta:trend.kst_sig", 52),
        ("ta:trend.dpo:3", 2),
    ],
)
def test_what_is_zero_or_a_guess_before_there_is_a_value_is_not_a_number(spec: str, first: int) -> None:
    column = indicator(spec)(walk(100))
    assert np.isnan(column[:first]).all()
    assert not np.isnan(column[first:]).any()


def test_rsi_is_neutral_while_the_close_has_never_moved() -> None:
    rsi = indicator("ta:momentum.rsi:14")
    assert set(rsi(flat(30))[13:]) == {50.0}
    closes = np.array([100.0] * 20 + [101.0, 102.0])
    moved = rsi(flat(22).with_columns({"close": closes}))
    assert moved[19:].tolist() == [50.0, 100.0, 100.0]
