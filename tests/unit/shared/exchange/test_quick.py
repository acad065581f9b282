"""The shorter parser gives what ccxt's own gives, to the bit."""

import ccxt.async_support as ccxt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.exchange.quick import binance_rows, hasten

PRICE = st.decimals(0, 10**9, places=8).map(str)
ROWS = st.lists(st.tuples(PRICE, PRICE, PRICE, PRICE, PRICE), max_size=20).map(
    lambda prices: [[n * 60_000, *five, n * 60_000 + 59_999, "1", 3, "1", "1", "0"] for n, five in enumerate(prices)]
)
SPOT = {"spot": True, "inverse": False, "symbol": "BTC/USDT"}


@given(ROWS)
def test_rows_are_the_same_as_ccxts_to_the_bit(rows: list[list[object]]) -> None:
    found = [list(row) for row in binance_rows(rows)]
    assert repr(found) == repr(ccxt.binance().parse_ohlcvs(rows, SPOT, "1m", None, None))


def test_rows_come_in_ascending_order() -> None:
    row = ["1.0", "2.0", "0.5", "1.5", "3.0"]
    assert [found[0] for found in binance_rows([[60_000, *row], [0, *row]])] == [0, 60_000]


@pytest.mark.parametrize("rubbish", ["<html>", [[1, "1"]], [{}], [None], 7, None, [[1, "x", "1", "1", "1", "1"]]])
def test_rubbish_raises(rubbish: object) -> None:
    with pytest.raises((TypeError, ValueError, LookupError)):
        binance_rows(rubbish)  # type: ignore[arg-type]


def test_only_exchanges_that_are_known_are_hastened() -> None:
    binance, kraken = ccxt.binance(), ccxt.kraken()
    hasten(binance)
    hasten(kraken)
    assert binance.parse_ohlcvs is binance_rows
    assert kraken.parse_ohlcvs is not binance_rows


def test_of_the_others_no_row_is_dropped_by_its_time() -> None:
    kraken = ccxt.kraken()
    rows = [[60, "1", "3", "0.5", "2", "1", "9.5", 1], [1_640_995.2, "1", "3", "0.5", "2", "1", "9.5", 1]]
    assert len(kraken.parse_ohlcvs(rows, None, "1m", 1_640_995_200_000, 10)) == 0
    hasten(kraken)
    expected = [[60_000, 1.0, 3.0, 0.5, 2.0, 9.5], [1_640_995_200, 1.0, 3.0, 0.5, 2.0, 9.5]]
    assert kraken.parse_ohlcvs(rows, None, "1m", 1_640_995_200_000, 10) == expected
