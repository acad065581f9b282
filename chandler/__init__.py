"""Chandler's public face: what strategies and scripts import.

from chandler import Frame, Position, Signal, Strategy, buy, hold, sell, target
"""

from shared.market import Candle, Ema, Frame, Indicator, Ring, RunningIndicator, Series
from shared.overview import Overview, Trade
from shared.store import Store
from shared.trading import Position, Side, Signal, Strategy, buy, hold, sell, target

__all__ = [
    "Candle",
    "Ema",
    "Frame",
    "Indicator",
    "Overview",
    "Position",
    "Ring",
    "RunningIndicator",
    "Series",
    "Side",
    "Signal",
    "Store",
    "Strategy",
    "Trade",
    "buy",
    "hold",
    "sell",
    "target",
]
