"""Page sizes and how far exchanges go back."""

import ccxt.async_support as ccxt
import pytest

from shared.exchange.limits import page_candles, reach_candles


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
