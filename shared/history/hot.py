"""Rows of `ohlcv_data` as columns, at the driver's own speed."""

from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, func, select

from shared.candles.partition import named, of_series
from shared.history.frames import COLUMNS, empty
from shared.market import Frame, Interval, Series
from shared.models import ohlcv_data

#: So many fit the processor's cache, and Python's memory for small objects is used again and again.
_ROWS = 2_000

_time = ohlcv_data.c.timestamp
_WIDTH = 1 + len(COLUMNS)
_CANDLES = select(_time, *(ohlcv_data.c[name] for name in COLUMNS)).where(of_series(ohlcv_data))
_WITHIN = _CANDLES.where(_time >= bindparam("start"), _time < bindparam("end")).order_by(_time)
_NEWEST = _CANDLES.where(_time < bindparam("end")).order_by(_time.desc()).limit(bindparam("count"))
_COUNT = (
    select(func.count())
    .select_from(ohlcv_data)
    .where(of_series(ohlcv_data), _time >= bindparam("start"), _time < bindparam("end"))
)
_ENDS = select(
    *(
        select(_time).where(of_series(ohlcv_data)).order_by(order).limit(1).scalar_subquery()
        for order in (_time.asc(), _time.desc())
    )
)


def hot(connection: Connection, series: Series, part: Interval) -> Frame:
    """The rows that open within the interval (ms), ascending."""
    return _frame(connection.execute(_WITHIN, {**named(series), **part._asdict()}).cursor)


def newest(connection: Connection, series: Series, end: int, count: int) -> Frame:
    """The newest `count` rows that open before `end` (ms), ascending."""
    found = _frame(connection.execute(_NEWEST, {**named(series), "end": end, "count": count}).cursor)
    return Frame(found.timestamps[::-1], {name: found[name][::-1] for name in COLUMNS})


def count(connection: Connection, series: Series, part: Interval) -> int:
    """How many rows open within the interval."""
    return int(connection.execute(_COUNT, {**named(series), **part._asdict()}).scalar_one())


def ends(connection: Connection, series: Series) -> Interval | None:
    """From the first row's open to the last row's end (ms); None without rows."""
    first, last = connection.execute(_ENDS, named(series)).one()
    return None if first is None else Interval(first, last + series.step)


def _frame(cursor: Any) -> Frame:
    """The driver's tuples, a few at a time: SQLAlchemy's rows take twice as long, and all at once even longer."""
    blocks = []
    while fetched := cursor.fetchmany(_ROWS):
        values = np.fromiter(chain.from_iterable(fetched), np.float64, _WIDTH * len(fetched))
        blocks.append(values.reshape(-1, _WIDTH).T)
    if not blocks:
        return empty()
    timestamps, *prices = np.concatenate(blocks, axis=1)
    return Frame(timestamps.astype(np.int64), dict(zip(COLUMNS, prices, strict=True)))
