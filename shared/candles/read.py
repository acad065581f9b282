"""Reading candles: the watermark, and windows as frames."""

from itertools import chain

import numpy as np
from sqlalchemy import Connection, bindparam, select

from shared.candles.partition import named, of_series
from shared.database import Database
from shared.market import Frame, Series
from shared.models import ohlcv_data, series_coverage, series_status

_COLUMNS = ("open", "high", "low", "close", "volume")
_WATERMARK = select(series_status.c.watermark).where(
    of_series(series_status),
)
_NEWEST = (
    select(ohlcv_data.c.timestamp, *(ohlcv_data.c[name] for name in _COLUMNS))
    .where(
        of_series(ohlcv_data),
        ohlcv_data.c.timestamp.between(bindparam("since"), bindparam("until")),
    )
    .order_by(ohlcv_data.c.timestamp.desc())
    .limit(bindparam("count"))
)
_COVERED_FROM = (
    select(series_coverage.c.start)
    .where(
        of_series(series_coverage),
        series_coverage.c.start <= bindparam("until"),
        series_coverage.c.end > bindparam("until"),
    )
    .order_by(series_coverage.c.start.desc())
    .limit(1)
)
_AFTER = (
    select(ohlcv_data.c.timestamp)
    .where(
        of_series(ohlcv_data),
        ohlcv_data.c.timestamp > bindparam("after"),
    )
    .order_by(ohlcv_data.c.timestamp.desc())
    .limit(bindparam("count"))
)

_CLOSE = select(ohlcv_data.c.close).where(of_series(ohlcv_data)).limit(1)
_CLOSE_BEFORE = _CLOSE.where(ohlcv_data.c.timestamp < bindparam("at")).order_by(ohlcv_data.c.timestamp.desc())
_CLOSE_AFTER = _CLOSE.where(ohlcv_data.c.timestamp >= bindparam("at")).order_by(ohlcv_data.c.timestamp)


def close_near(database: Database, series: Series, at: int) -> float | None:
    """The close of the last stored candle before an instant (ms), or else of the first one after; None without any."""
    where = {**named(series), "at": at}
    found = database.peek(_CLOSE_BEFORE, where) or database.peek(_CLOSE_AFTER, where)
    return found[0] if found else None


def watermark(connection: Connection, series: Series) -> int | None:
    """Open time (ms) of the newest stored candle; None before the first."""
    return connection.execute(_WATERMARK, named(series)).scalar()


def opens_after(connection: Connection, series: Series, after: int, count: int) -> list[int]:
    """Open times (ms) of the newest `count` stored candles later than `after`, ascending."""
    return list(connection.execute(_AFTER, {**named(series), "after": after, "count": count}).scalars())[::-1]


def frame(connection: Connection, series: Series, until: int, count: int, since: int = 0) -> Frame:
    """The newest `count` candles that open from `since` to `until` (ms), ascending; fewer if there are fewer."""
    where = {**named(series), "since": since, "until": until, "count": count}
    rows = connection.execute(_NEWEST, where).all()
    # Value by value: NumPy takes thirty times as long over rows, which are not tuples to it.
    values = np.fromiter(chain.from_iterable(rows), dtype=np.float64, count=6 * len(rows))
    timestamps, *prices = np.ascontiguousarray(values.reshape(-1, 6)[::-1].T)
    return Frame(timestamps.astype(np.int64), dict(zip(_COLUMNS, prices, strict=True)))


def unbroken_frame(connection: Connection, series: Series, until: int, count: int) -> Frame:
    """The newest `count` candles up to the one that opens at `until` (ms), no gap of coverage among them.

    Behind a gap that is still to be fetched lie candles of another time: nothing to decide on. So there may be
    fewer, and none if `until` itself is not covered.
    """
    since = connection.execute(_COVERED_FROM, {**named(series), "until": until}).scalar()
    return frame(connection, series, until, count, since=until + 1 if since is None else since)
