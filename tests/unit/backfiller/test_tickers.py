"""Tickers are written when they change."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

from backfiller.tickers import Quotes, Seen, changed, listed
from shared.market import Series, Ticker


def ticker(timestamp: int, bid: str = "99", symbol: str = "BTC/USDT") -> Ticker:
    return Ticker("binance", symbol, timestamp, Decimal(bid), Decimal(101), Decimal(100), received_at_us=1)


def seen(*tickers: Ticker) -> Seen:
    return {(one.exchange, one.symbol): one for one in tickers}


def test_the_first_ticker_of_a_market_is_news() -> None:
    assert changed([ticker(5)], {}, now=9) == [ticker(5)]


def test_the_same_prices_at_a_later_time_are_no_news() -> None:
    assert changed([ticker(6)], seen(ticker(5)), now=9) == []


def test_the_same_prices_half_a_minute_later_are_news_again_so_that_no_order_waits_for_ever() -> None:
    later = replace(ticker(6), received_at_us=30_000_001)
    assert changed([later], seen(ticker(5)), now=9) == [later]
    assert changed([replace(later, received_at_us=30_000_000)], seen(ticker(5)), now=9) == []


def test_a_new_price_is_news_for_its_market_only() -> None:
    other = ticker(6, symbol="ETH/USDT")
    assert changed([ticker(6, "98"), other], seen(ticker(5), other), now=9) == [ticker(6, "98")]


def test_a_new_price_with_an_old_stamp_gets_the_time_of_now() -> None:
    assert changed([ticker(5, "98")], seen(ticker(5)), now=9) == [ticker(9, "98")]
    assert changed([ticker(5, "98")], seen(ticker(5)), now=4) == [ticker(6, "98")]


def test_a_symbol_that_the_stream_has_gone_silent_about_is_asked_for() -> None:
    recent, old = replace(ticker(5), received_at_us=9_000_000), ticker(5, symbol="ETH/USDT")
    quotes = Quotes({"BTC/USDT": recent, "ETH/USDT": old})
    assert quotes.fresh(["BTC/USDT", "ETH/USDT", "SOL/USDT"], now_us=19_000_000) == (
        [recent],
        ["ETH/USDT", "SOL/USDT"],
    )
    assert quotes.fresh(["BTC/USDT"], now_us=19_000_001) == ([], ["BTC/USDT"])


def test_a_market_that_is_gone_costs_the_others_no_ticker() -> None:
    source = cast("Any", SimpleNamespace(unlisted={Series("binance", "OLD/USDT", "1m")}))
    assert listed(source, ["BTC/USDT", "OLD/USDT"]) == ["BTC/USDT"]
