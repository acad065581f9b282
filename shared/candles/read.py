"""Reading candles: the watermark, and windows as frames."""

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
    table = np.array(rows[::-1], dtype=np.float64).reshape(-1, 6)
    columns = {name: table[:, place] for place, name in enumerate(_COLUMNS, start=1)}
    return Frame(table[:, 0].astype(np.int64), columns)
