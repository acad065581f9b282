"""The candle store: what `ohlcv_data`, coverage and tickers hold, and the one way to put something in."""

from shared.candles.closed import store_closed
from shared.candles.coverage import covered, covered_until, extend
from shared.candles.exchanges import ExchangeStatus, read_exchange
from shared.candles.markets import market, save_markets
from shared.candles.pages import store_page
from shared.candles.quarantine import put_away
from shared.candles.read import (
    Known,
    close_near,
    count,
    frame,
    is_revised,
    known,
    opens_after,
    unbroken_frame,
    watermark,
)
from shared.candles.status import SeriesStatus, estimated_bytes, mark, series_statuses
from shared.candles.tickers import latest_ticker, save_tickers, tickers_since
from shared.candles.unreachable import note_unreachable, unreachable
from shared.candles.volume import minute_volume

__all__ = [
    "ExchangeStatus",
    "Known",
    "SeriesStatus",
    "close_near",
    "count",
    "covered",
    "covered_until",
    "estimated_bytes",
    "extend",
    "frame",
    "is_revised",
    "known",
    "latest_ticker",
    "mark",
    "market",
    "minute_volume",
    "note_unreachable",
    "opens_after",
    "put_away",
    "read_exchange",
    "save_markets",
    "save_tickers",
    "series_statuses",
    "store_closed",
    "store_page",
    "tickers_since",
    "unbroken_frame",
    "unreachable",
    "watermark",
]
