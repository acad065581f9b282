"""Market data as values: series, candles, coverage. Pure; no I/O."""

from shared.market.candle import Candle, Page, Refusal, accept
from shared.market.coverage import Interval, merge, subtract, windows
from shared.market.frame import Frame
from shared.market.series import Series, base_of, quote_of
from shared.market.ticker import Market, Ticker
from shared.market.timeframe import TIMEFRAMES, timeframe_ms

__all__ = [
    "TIMEFRAMES",
    "Candle",
    "Frame",
    "Interval",
    "Market",
    "Page",
    "Refusal",
    "Series",
    "Ticker",
    "accept",
    "base_of",
    "merge",
    "quote_of",
    "subtract",
    "timeframe_ms",
    "windows",
]
