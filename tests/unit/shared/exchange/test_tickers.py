"""Tickers as ccxt gives them, and what is made of them."""

from decimal import Decimal
from typing import Any

import pytest

from shared.exchange.tickers import read_ticker
from shared.market import Ticker

RAW: dict[str, Any] = {"symbol": "BTC/USDT", "timestamp": 5, "bid": 64050.5, "ask": 64063.32, "last": 64056.9}


def read(**changed: object) -> Ticker | None:
    return read_ticker("binance", {**RAW, **changed}, 9, 7)


def test_prices_are_the_decimals_that_were_written() -> None:
    assert read() == Ticker("binance", "BTC/USDT", 5, Decimal("64050.5"), Decimal("64063.32"), Decimal("64056.9"), 7)


def test_without_a_time_it_is_now() -> None:
    found = read(timestamp=None)
    assert found is not None
    assert found.timestamp == 9


def test_a_time_that_has_not_come_yet_is_now() -> None:
    stamps = [found.timestamp for at in (10_009, 10_010) if (found := read(timestamp=at))]
    assert stamps == [10_009, 9]


def test_without_bid_and_ask_the_last_price_stands_for_both() -> None:
    found = read(bid=None, ask=0.0)
    assert found is not None
    assert (found.bid, found.ask) == (Decimal("64056.9"), Decimal("64056.9"))


@pytest.mark.parametrize("wrong", [{"last": None}, {"last": float("nan")}, {"bid": 70000.0}, {"last": -1.0}])
def test_a_ticker_that_makes_no_sense_is_left_out(wrong: dict[str, object]) -> None:
    assert read(**wrong) is None
