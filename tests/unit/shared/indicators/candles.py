"""Candles to compute indicators over: real ones, made-up ones, and how columns are compared."""

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import strategies as st

from shared.market.frame import Column

Columns = dict[str, Column]

NAMES = ("timestamp", "open", "high", "low", "close", "volume")
MINUTE = 60_000
FILE = Path(__file__).parents[5] / "shared/data/binance_BTC-USDT_1m_2019-05.parquet"
needs_real_candles = pytest.mark.skipif(not FILE.exists(), reason=f"{FILE.name} is not on this machine")


@cache
def real_month() -> Columns:
    """May 2019 of BTC/USDT, 44,040 minutes with an outage of ten hours in it."""
    from pyarrow import parquet

    table = parquet.read_table(FILE)
    return {name: np.ascontiguousarray(table[name].to_numpy(), dtype=np.float64) for name in NAMES}


def candles(*rows: tuple[float, float, float, float]) -> Columns:
    """Minutes from the midnight of 1970 on, from their high, low, close and volume."""
    high, low, close, volume = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    return {**minutes(len(rows)), "open": close, "high": high, "low": low, "close": close, "volume": volume}


def flat(rows: int, price: float = 100.0, volume: float = 1.0) -> Columns:
    """A market that never moves."""
    return candles(*[(price, price, price, volume)] * rows)


def minutes(rows: int, first: int = 0) -> Columns:
    """Only the column of timestamps."""
    return {"timestamp": first + np.arange(rows, dtype=np.float64) * MINUTE}


@st.composite
def any_candles(draw: st.DrawFn, max_size: int = 60, *, broken: bool = True) -> Columns:
    """Few prices (so that many are equal) or any, no volume or some, missing minutes, and broken rows if wanted."""
    price = draw(st.sampled_from([st.integers(9, 11).map(float), st.floats(0.01, 1e5), st.just(7.0)]))
    volume = draw(st.sampled_from([st.just(0.0), st.sampled_from([0.0, 1.0, 2.5]), st.floats(0.0, 1e6)]))
    spoilt = st.sampled_from([None] * 15 + [np.nan, np.inf]) if broken else st.none()
    drawn = draw(
        st.lists(st.tuples(price, price, price, price, volume, st.integers(1, 900), spoilt), max_size=max_size)
    )
    time, rows = draw(st.integers(0, 2_000)) * MINUTE, []
    for opening, closing, one, other, traded, gap, spoil in drawn:
        time += gap * MINUTE if gap > 800 else MINUTE
        prices = [opening, max(opening, closing, one, other), min(opening, closing, one, other), closing, traded]
        rows.append([time, *(prices if spoil is None else [spoil] * 5)])
    table = np.array(rows, dtype=np.float64).reshape(-1, len(NAMES))
    return {name: np.ascontiguousarray(table[:, place]) for place, name in enumerate(NAMES)}


def part(columns: Columns, start: int, end: int) -> Columns:
    """The rows from `start` and to before `end`."""
    return {name: column[start:end] for name, column in columns.items()}


def bits(column: Column) -> npt.NDArray[np.int64]:
    """The column's doubles as they stand in memory, one NaN as good as another."""
    return np.where(np.isnan(column), np.nan, column).view(np.int64)


def assert_close(ours: Column, theirs: Column, scale: Column | float = 0.0) -> None:
    """The same rows have a value, and each is the same to 1e-9 of itself, or of `scale` where it crosses zero."""
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    there = ~np.isnan(theirs)
    allowed = 1e-9 * np.maximum(np.abs(theirs), scale)
    assert there.any()
    assert (np.abs(ours - theirs) <= allowed)[there].all(), f"{np.nanmax(np.abs(ours - theirs) - allowed)} too far"
