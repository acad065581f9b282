"""Exchanges, through ccxt. Nothing outside this package knows ccxt; importing it costs 0.4 s and 78 MB."""

from shared.exchange.budget import Priority, asking
from shared.exchange.client import Client
from shared.exchange.errors import NoMarketError, RubbishError, ThrottledError
from shared.exchange.gate import Gate
from shared.exchange.history import coarser, fetch_newest, keeps_all, seeks
from shared.exchange.limits import page_candles, reach_candles
from shared.exchange.markets import MarketState, check_series, fetch_markets, market_id, market_rules, market_state
from shared.exchange.opening import open_client
from shared.exchange.pages import Answer, fetch_page, first_from, newest
from shared.exchange.stream import Shown, can_stream, ends_with_message, watch_candles, watch_tickers
from shared.exchange.tickers import fetch_tickers
from shared.exchange.time import measure_clock
from shared.exchange.trades import RawTrade, TradesPage, fetch_trades_page, offers_trade_history, start_cursor

__all__ = [
    "Answer",
    "Client",
    "Gate",
    "MarketState",
    "NoMarketError",
    "Priority",
    "RawTrade",
    "RubbishError",
    "Shown",
    "ThrottledError",
    "TradesPage",
    "asking",
    "can_stream",
    "check_series",
    "coarser",
    "ends_with_message",
    "fetch_markets",
    "fetch_newest",
    "fetch_page",
    "fetch_tickers",
    "fetch_trades_page",
    "first_from",
    "keeps_all",
    "market_id",
    "market_rules",
    "market_state",
    "measure_clock",
    "newest",
    "offers_trade_history",
    "open_client",
    "page_candles",
    "reach_candles",
    "seeks",
    "start_cursor",
    "watch_candles",
    "watch_tickers",
]
