"""Chandler's public face: what strategies, scripts and notebooks import.

from chandler import Frame, Position, Signal, Strategy, buy, hold, sell, target    # a strategy
from chandler import Running, Series, Store, over                                  # candles, books, indicators
from chandler.aio import AsyncStore                                                # the same in an asyncio loop
"""

from shared.history import Candles
from shared.history.kept import Kept
from shared.indicators import Running, crosses_above, over
from shared.market import Candle, Ema, Frame, Indicator, Ring, RunningIndicator, Series
from shared.overview import Overview, Trade
from shared.store import Book, Bookmark, Change, Follower, MarkedPosition, Seen, Store, Wallet
from shared.trading import Balance, Position, Rows, Side, Signal, Strategy, buy, hold, sell, target

__all__ = [
    "Balance",
    "Book",
    "Bookmark",
    "Candle",
    "Candles",
    "Change",
    "Ema",
    "Follower",
    "Frame",
    "Indicator",
    "Kept",
    "MarkedPosition",
    "Overview",
    "Position",
    "Ring",
    "Rows",
    "Running",
    "RunningIndicator",
    "Seen",
    "Series",
    "Side",
    "Signal",
    "Store",
    "Strategy",
    "Trade",
    "Wallet",
    "buy",
    "crosses_above",
    "hold",
    "over",
    "sell",
    "target",
]
