"""A month's candles as they stand in the table, as columns."""

from itertools import chain

import numpy as np
from sqlalchemy import Connection, bindparam, delete, func, select

from shared.archive.encoding import COLUMNS, Arrays
from shared.candles.partition import named, of_series
from shared.market import Interval, Series
from shared.models import candle_revisions, ohlcv_data

_CHUNK = 20_000
_WITHIN = (
    of_series(ohlcv_data),
    ohlcv_data.c.timestamp >= bindparam("since"),
    ohlcv_data.c.timestamp < bindparam("until"),
)
_ROWS = select(*(ohlcv_data.c[name] for name in COLUMNS)).where(*_WITHIN).order_by(ohlcv_data.c.timestamp)
_TIMES = select(ohlcv_data.c.timestamp).where(*_WITHIN).order_by(ohlcv_data.c.timestamp)
_COUNT = select(func.count()).select_from(ohlcv_data).where(*_WITHIN)
_DELETE = delete(ohlcv_data).where(*_WITHIN)
_REVISION = select(func.max(candle_revisions.c.revision_id)).where(of_series(candle_revisions))


def hot_rows(connection: Connection, series: Series, part: Interval) -> Arrays:
    """The stored candles that open within an interval (ms), ascending."""
    pieces = []
    for rows in connection.execute(_ROWS, _bounds(series, part)).partitions(_CHUNK):
        values = np.fromiter(chain.from_iterable(rows), np.float64, count=len(COLUMNS) * len(rows))
        pieces.append(values.reshape(-1, len(COLUMNS)))
    columns = np.ascontiguousarray(np.concatenate(pieces or [np.empty((0, len(COLUMNS)))]).T)
    arrays: Arrays = dict(zip(COLUMNS, columns, strict=True))
    return arrays | {"timestamp": columns[0].astype(np.int64)}


def hot_times(connection: Connection, series: Series, part: Interval) -> list[int]:
    """Their open times alone."""
    return list(connection.execute(_TIMES, _bounds(series, part)).scalars())


def hot_count(connection: Connection, series: Series, part: Interval) -> int:
    """How many they are."""
    return connection.execute(_COUNT, _bounds(series, part)).scalar_one()


def delete_hot(connection: Connection, series: Series, part: Interval) -> int:
    """Delete the stored candles of an interval; returns how many."""
    return connection.execute(_DELETE, _bounds(series, part)).rowcount


def newest_revision(connection: Connection, series: Series) -> int:
    """The newest `candle_revisions` of a series; 0 without any."""
    return connection.execute(_REVISION, named(series)).scalar() or 0


def overlaid(below: Arrays, above: Arrays) -> Arrays:
    """Both, ascending; where both have a candle, the one above."""
    under = ~np.isin(below["timestamp"], above["timestamp"])
    both = {name: np.concatenate([below[name][under], above[name]]) for name in COLUMNS}
    order = np.argsort(both["timestamp"], kind="stable")
    return {name: column[order] for name, column in both.items()}


def _bounds(series: Series, part: Interval) -> dict[str, str | int]:
    return {**named(series), "since": part.start, "until": part.end}
