"""Market data as values: series, candles, coverage. Pure; no I/O."""

from shared.market.aggregate import Aggregate, Trade
from shared.market.book import Level, OrderBook
from shared.market.candle import Candle, Page, Refusal, accept
from shared.market.closed import Closed, joined
from shared.market.coverage import Interval, merge, subtract, windows
from shared.market.frame import Frame, Indicator
from shared.market.ring import Ring
from shared.market.running import Ema, RunningIndicator
from shared.market.series import Series, base_of, quote_of
from shared.market.ticker import FeeSide, Market, Ticker
from shared.market.timeframe import TIMEFRAMES, timeframe_ms

__all__ = [
    "TIMEFRAMES",
    "Aggregate",
    "Candle",
    "Closed",
    "Ema",
    "FeeSide",
    "Frame",
    "Indicator",
    "Interval",
    "Level",
    "Market",
    "OrderBook",
    "Page",
    "Refusal",
    "Ring",
    "RunningIndicator",
    "Series",
    "Ticker",
    "Trade",
    "accept",
    "base_of",
    "joined",
    "merge",
    "quote_of",
    "subtract",
    "timeframe_ms",
    "windows",
]
