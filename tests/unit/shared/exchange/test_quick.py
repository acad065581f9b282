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
    assert kraken.parse_ohlcvs == ccxt.kraken.parse_ohlcvs.__get__(kraken)
