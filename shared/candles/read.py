"""Reading candles: the watermark, and windows as frames."""

from itertools import chain

import numpy as np
from sqlalchemy import Connection, bindparam, select

from shared.candles.coverage import named
from shared.market import Frame, Series
from shared.models import ohlcv_data, series_status

_COLUMNS = ("open", "high", "low", "close", "volume")
_WATERMARK = select(series_status.c.watermark).where(
    series_status.c.exchange == bindparam("exchange"),
    series_status.c.symbol == bindparam("symbol"),
    series_status.c.timeframe == bindparam("timeframe"),
)
_NEWEST = (
    select(ohlcv_data.c.timestamp, *(ohlcv_data.c[name] for name in _COLUMNS))
    .where(
        ohlcv_data.c.exchange == bindparam("exchange"),
        ohlcv_data.c.symbol == bindparam("symbol"),
        ohlcv_data.c.timeframe == bindparam("timeframe"),
        ohlcv_data.c.timestamp <= bindparam("until"),
    )
    .order_by(ohlcv_data.c.timestamp.desc())
    .limit(bindparam("count"))
)
_AFTER = (
    select(ohlcv_data.c.timestamp)
    .where(
        ohlcv_data.c.exchange == bindparam("exchange"),
        ohlcv_data.c.symbol == bindparam("symbol"),
        ohlcv_data.c.timeframe == bindparam("timeframe"),
        ohlcv_data.c.timestamp > bindparam("after"),
    )
    .order_by(ohlcv_data.c.timestamp)
)


def watermark(connection: Connection, series: Series) -> int | None:
    """Open time (ms) of the newest stored candle; None before the first."""
    return connection.execute(_WATERMARK, named(series)).scalar()


def opens_after(connection: Connection, series: Series, after: int) -> list[int]:
    """Open times (ms) of the stored candles later than `after`, ascending."""
    return list(connection.execute(_AFTER, {**named(series), "after": after}).scalars())


def frame(connection: Connection, series: Series, until: int, count: int) -> Frame:
    """The newest `count` candles that open at or before `until` (ms), ascending; fewer if there are fewer."""
    rows = connection.execute(_NEWEST, {**named(series), "until": until, "count": count}).all()
    # Value by value: NumPy takes thirty times as long over rows, which are not tuples to it.
    values = np.fromiter(chain.from_iterable(rows), dtype=np.float64, count=6 * len(rows))
    timestamps, *prices = np.ascontiguousarray(values.reshape(-1, 6)[::-1].T)
    return Frame(timestamps.astype(np.int64), dict(zip(_COLUMNS, prices, strict=True)))
