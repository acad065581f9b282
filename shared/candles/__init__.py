"""The candle store: what `ohlcv_data`, coverage and tickers hold, and the one way to put something in."""

from shared.candles.closed import store_closed
from shared.candles.coverage import covered, extend
from shared.candles.exchanges import ExchangeStatus, read_exchange
from shared.candles.markets import market, save_markets
from shared.candles.pages import store_page
from shared.candles.quarantine import put_away
from shared.candles.read import close_near, frame, opens_after, unbroken_frame, watermark
from shared.candles.status import SeriesStatus, mark, series_statuses
from shared.candles.tickers import first_ticker_after, latest_ticker, save_tickers
from shared.candles.unreachable import note_unreachable, unreachable

__all__ = [
    "ExchangeStatus",
    "SeriesStatus",
    "close_near",
    "covered",
    "extend",
    "first_ticker_after",
    "frame",
    "latest_ticker",
    "mark",
    "market",
    "note_unreachable",
    "opens_after",
    "put_away",
    "read_exchange",
    "save_markets",
    "save_tickers",
    "series_statuses",
    "store_closed",
    "store_page",
    "unbroken_frame",
    "unreachable",
    "watermark",
]
