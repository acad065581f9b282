"""Reading candles: the watermark, and windows as frames."""

from itertools import chain
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, bindparam, func, select

from shared.candles.partition import named, of_series
from shared.database import Database
from shared.database.prepared import Prepared
from shared.market import Frame, Series
from shared.models import archive_months, candle_revisions, ohlcv_data, series_coverage, series_status

_COLUMNS = ("open", "high", "low", "close", "volume")
_WATERMARK = Prepared(select(series_status.c.watermark).where(of_series(series_status)))
_NEWEST = Prepared(
    select(ohlcv_data.c.timestamp, *(ohlcv_data.c[name] for name in _COLUMNS))
    .where(of_series(ohlcv_data), ohlcv_data.c.timestamp.between(bindparam("since"), bindparam("until")))
    .order_by(ohlcv_data.c.timestamp.desc())
    .limit(bindparam("count"))
)
_COUNT = Prepared(
    select(func.count()).where(
        of_series(ohlcv_data), ohlcv_data.c.timestamp.between(bindparam("first"), bindparam("last"))
    )
)
_COVERED_FROM = Prepared(
    select(series_coverage.c.start, series_coverage.c.candles)
    .where(
        of_series(series_coverage),
        series_coverage.c.start <= bindparam("until"),
        series_coverage.c.end > bindparam("until"),
    )
    .order_by(series_coverage.c.start.desc())
    .limit(1)
)
_ARCHIVED_UNTIL = Prepared(
    select(func.max(archive_months.c.pruned_until)).where(
        of_series(archive_months), archive_months.c.pruned_rows > 0, archive_months.c.start <= bindparam("until")
    )
)
_REVISION = Prepared(select(func.max(candle_revisions.c.revision_id)))
_REVISED = Prepared(
    select(candle_revisions.c.revision_id)
    .where(
        of_series(candle_revisions),
        candle_revisions.c.timestamp.between(bindparam("first"), bindparam("last")),
        candle_revisions.c.revision_id > bindparam("after"),
    )
    .limit(1)
)
_AFTER = Prepared(
    select(ohlcv_data.c.timestamp)
    .where(of_series(ohlcv_data), ohlcv_data.c.timestamp > bindparam("after"))
    .order_by(ohlcv_data.c.timestamp.desc())
    .limit(bindparam("count"))
)

_CLOSE = select(ohlcv_data.c.close).where(of_series(ohlcv_data)).limit(1)
_CLOSE_BEFORE = _CLOSE.where(ohlcv_data.c.timestamp < bindparam("at")).order_by(ohlcv_data.c.timestamp.desc())
_CLOSE_AFTER = _CLOSE.where(ohlcv_data.c.timestamp >= bindparam("at")).order_by(ohlcv_data.c.timestamp)


class Known(NamedTuple):
    """What holds for all rows of a series up to a candle; while it is the same, they are.

    Since when (ms) they are unbroken, how many the stretch of coverage has, and the newest revision of any series.
    """

    since: int
    candles: int
    revision: int


def close_near(database: Database, series: Series, at: int) -> float | None:
    """The close of the last stored candle before an instant (ms), or else of the first one after; None without any."""
    where = {**named(series), "at": at}
    found = database.peek(_CLOSE_BEFORE, where) or database.peek(_CLOSE_AFTER, where)
    return found[0] if found else None


def watermark(connection: Connection, series: Series) -> int | None:
    """Open time (ms) of the newest stored candle; None before the first."""
    newest: int | None = _WATERMARK.value(connection, **named(series))
    return newest


def opens_after(connection: Connection, series: Series, after: int, count: int) -> list[int]:
    """Open times (ms) of the newest `count` stored candles later than `after`, ascending."""
    return [at for (at,) in reversed(_AFTER.rows(connection, **named(series), after=after, count=count))]


def frame(connection: Connection, series: Series, until: int, count: int, since: int = 0) -> Frame:
    """The newest `count` candles that open from `since` to `until` (ms), ascending; fewer if there are fewer."""
    rows = _NEWEST.rows(connection, **named(series), since=since, until=until, count=count)
    values = np.fromiter(chain.from_iterable(rows), dtype=np.float64, count=6 * len(rows))
    timestamps, *prices = np.ascontiguousarray(values.reshape(-1, 6)[::-1].T)
    return Frame(timestamps.astype(np.int64), dict(zip(_COLUMNS, prices, strict=True)))


def known(connection: Connection, series: Series, until: int) -> Known | None:
    """What holds for the rows up to the candle that opens at `until` (ms); None if it is not covered.

    Behind a gap that is still to be fetched lie candles of another time, and what is in the archive alone is not seen
    here: nothing to decide on.
    """
    where = {**named(series), "until": until}
    row = _COVERED_FROM.first(connection, **where)
    if row is None:
        return None
    since, candles = row
    archived: int | None = _ARCHIVED_UNTIL.value(connection, **where)
    return Known(max(since, archived or since), candles, _REVISION.value(connection) or 0)


def unbroken_frame(connection: Connection, series: Series, until: int, count: int) -> Frame:
    """The newest `count` candles up to the one that opens at `until` (ms), no gap of coverage among them.

    So there may be fewer, and none if `until` itself is not covered.
    """
    found = known(connection, series, until)
    return frame(connection, series, until, count, since=until + 1 if found is None else found.since)


def is_revised(connection: Connection, series: Series, after: int, first: int, last: int) -> bool:
    """Whether a candle that opens from `first` to `last` (ms) was changed by a revision later than `after`."""
    return _REVISED.first(connection, **named(series), first=first, last=last, after=after) is not None


def count(connection: Connection, series: Series, first: int, last: int) -> int:
    """How many candles are stored that open from `first` to `last` (ms)."""
    return int(_COUNT.value(connection, **named(series), first=first, last=last))
