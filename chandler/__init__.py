"""Chandler's public face: what strategies, scripts and notebooks import.

from chandler import Frame, Position, Signal, Strategy, buy, hold, sell, target    # a strategy
from chandler import Running, Series, Store, over                                  # candles, books, indicators
"""

from shared.history import Candles
from shared.history.kept import Kept
from shared.indicators import Running, crosses_above, over
from shared.market import Candle, Ema, Frame, Indicator, Ring, RunningIndicator, Series
from shared.overview import Overview, Trade
from shared.store import Store
from shared.trading import Position, Rows, Side, Signal, Strategy, buy, hold, sell, target

__all__ = [
    "Candle",
    "Candles",
    "Ema",
    "Frame",
    "Indicator",
    "Kept",
    "Overview",
    "Position",
    "Ring",
    "Rows",
    "Running",
    "RunningIndicator",
    "Series",
    "Side",
    "Signal",
    "Store",
    "Strategy",
    "Trade",
    "buy",
    "crosses_above",
    "hold",
    "over",
    "sell",
    "target",
]
