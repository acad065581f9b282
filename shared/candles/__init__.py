"""The candle store: what `ohlcv_data`, coverage and tickers hold, and the one way to put something in."""

from shared.candles.coverage import covered, extend
from shared.candles.markets import market, save_markets
from shared.candles.pages import store_page
from shared.candles.read import frame, opens_after, unbroken_frame, watermark
from shared.candles.status import SeriesStatus, mark, series_statuses
from shared.candles.tickers import first_ticker_after, latest_ticker, save_tickers

__all__ = [
    "SeriesStatus",
    "covered",
    "extend",
    "first_ticker_after",
    "frame",
    "latest_ticker",
    "mark",
    "market",
    "opens_after",
    "save_markets",
    "save_tickers",
    "series_statuses",
    "store_page",
    "unbroken_frame",
    "watermark",
]
