"""Exchanges, through ccxt. Nothing outside this package knows ccxt; importing it costs 0.4 s and 78 MB."""

from shared.exchange.account import balances, fills_of, read_fill, trades_since
from shared.exchange.book import fetch_book
from shared.exchange.budget import Priority, asking
from shared.exchange.client import Client
from shared.exchange.errors import NoMarketError, RubbishError, ThrottledError
from shared.exchange.gate import Gate
from shared.exchange.guard import NotSentError, Passage, leaving
from shared.exchange.history import coarser, fetch_newest, keeps_all, seeks
from shared.exchange.limits import page_candles, reach_candles
from shared.exchange.markets import MarketState, check_series, fetch_markets, market_id, market_rules, market_state
from shared.exchange.opening import open_client
from shared.exchange.order_ids import could_be_ours, digits_in
from shared.exchange.orders import (
    RefusedError,
    SeenOrder,
    cancel_order,
    fetch_order,
    find_order,
    open_orders,
    resting_price,
    submit_order,
)
from shared.exchange.pages import Answer, fetch_page, first_from, newest
from shared.exchange.permissions import check_key
from shared.exchange.stream import Shown, can_stream, ends_with_message, watch_candles, watch_tickers
from shared.exchange.terms import Terms, terms_of
from shared.exchange.tickers import fetch_tickers
from shared.exchange.time import blames_clock, measure_clock
from shared.exchange.trades import RawTrade, TradesPage, fetch_trades_page, offers_trade_history, start_cursor

__all__ = [
    "Answer",
    "Client",
    "Gate",
    "MarketState",
    "NoMarketError",
    "NotSentError",
    "Passage",
    "Priority",
    "RawTrade",
    "RefusedError",
    "RubbishError",
    "SeenOrder",
    "Shown",
    "Terms",
    "ThrottledError",
    "TradesPage",
    "asking",
    "balances",
    "blames_clock",
    "can_stream",
    "cancel_order",
    "check_key",
    "check_series",
    "coarser",
    "could_be_ours",
    "digits_in",
    "ends_with_message",
    "fetch_book",
    "fetch_markets",
    "fetch_newest",
    "fetch_order",
    "fetch_page",
    "fetch_tickers",
    "fetch_trades_page",
    "fills_of",
    "find_order",
    "first_from",
    "keeps_all",
    "leaving",
    "market_id",
    "market_rules",
    "market_state",
    "measure_clock",
    "newest",
    "offers_trade_history",
    "open_client",
    "open_orders",
    "page_candles",
    "reach_candles",
    "read_fill",
    "resting_price",
    "seeks",
    "start_cursor",
    "submit_order",
    "terms_of",
    "trades_since",
    "watch_candles",
    "watch_tickers",
]
