"""Page sizes and how far exchanges go back."""

import ccxt.async_support as ccxt
import pytest

from shared.exchange.limits import candle_costs, page_candles, reach_candles


@pytest.mark.parametrize(
    ("name", "page"),
    [("binance", 1000), ("kraken", 720), ("coinbase", 300), ("okx", 100), ("bybit", 1000), ("kucoin", 1500)],
)
def test_a_page_is_never_larger_than_the_exchange_gives(name: str, page: int) -> None:
    assert page_candles(getattr(ccxt, name)(), 10_000) == page


def test_a_page_is_not_larger_than_configured() -> None:
    assert page_candles(ccxt.binance(), 250) == 250


def test_an_exchange_that_does_not_say_gets_small_pages() -> None:
    silent = ccxt.binance()
    silent.id, silent.features = "somewhere", {}
    assert page_candles(silent, 1000) == 100


def test_kraken_keeps_its_newest_720_candles() -> None:
    assert reach_candles("kraken") == 720
    assert reach_candles("binance") is None


@pytest.mark.parametrize(("wanted", "page"), [(1500, 499), (1000, 499), (499, 499), (300, 300), (99, 99), (50, 50)])
def test_a_page_has_the_most_candles_for_its_weight(wanted: int, page: int) -> None:
    exchange = ccxt.binanceusdm()
    assert candle_costs(exchange)[:3] == [(99, 1), (499, 2), (1000, 5)]
    assert page_candles(exchange, wanted) == page


def test_a_small_window_weighs_what_ccxt_says_its_limit_does() -> None:
    exchange = ccxt.binanceusdm()
    cost = exchange.api["fapiPublic"]["get"]["klines"]
    weights = [
        exchange.calculate_rate_limiter_cost("fapiPublic", "GET", "klines", {"limit": n}, cost) for n in (60, 400)
    ]
    assert weights == [1, 2]


@pytest.mark.parametrize("name", ["binance", "kraken", "coinbase", "okx", "bitget"])
def test_our_caps_are_not_above_what_ccxt_knows(name: str) -> None:
    exchange = getattr(ccxt, name)()
    assert page_candles(exchange, 10_000) <= exchange.features["spot"]["fetchOHLCV"]["limit"]
