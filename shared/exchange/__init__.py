"""Exchanges, through ccxt. Nothing outside this package knows ccxt; importing it costs 0.4 s and 78 MB."""

from shared.exchange.client import Client, open_client
from shared.exchange.errors import ThrottledError
from shared.exchange.limits import page_candles, reach_candles
from shared.exchange.markets import check_series, fetch_markets, market_rules
from shared.exchange.pages import Answer, fetch_page, first_from, newest
from shared.exchange.tickers import fetch_tickers
from shared.exchange.time import measure_clock

__all__ = [
    "Answer",
    "Client",
    "ThrottledError",
    "check_series",
    "fetch_markets",
    "fetch_page",
    "fetch_tickers",
    "first_from",
    "market_rules",
    "measure_clock",
    "newest",
    "open_client",
    "page_candles",
    "reach_candles",
]
