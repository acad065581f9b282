"""One row for each series: its watermark, and whether it is being collected."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, case, func, insert, literal, select, update

from shared.candles.partition import named
from shared.database import dialect
from shared.database.types import Whole
from shared.market import Series
from shared.models import series_coverage, series_status

_KEY = ("exchange", "symbol", "timeframe")

#: Bytes of a row beside its three texts: six values of eight bytes, less what SQLite saves on the time, its header,
#: and the part of a page that stays free. Measured by `python -m benchmarks coverage`.
_ROW_BYTES = 70

_RISES = func.coalesce(bindparam("newest", type_=Whole), -1) > func.coalesce(series_status.c.watermark, -1)
_TOUCH = (
    update(series_status)
    .where(*(series_status.c[name] == bindparam(f"its_{name}") for name in _KEY))
    .values(
        watermark=case((_RISES, bindparam("newest", type_=Whole)), else_=series_status.c.watermark),
        status="collecting",
        reason="",
        refused=series_status.c.refused + bindparam("more"),
        updated_at_us=bindparam("now"),
    )
)


@dataclass(frozen=True)
class SeriesStatus:
    """What an operator wants to know of a series; times in market ms, None while nothing is stored."""

    series: Series
    status: str
    reason: str
    watermark: int | None
    first: int | None
    candles: int
    intervals: int
    refused: int


def touch(connection: Connection, series: Series, newest: int | None, refused: int, now_us: int) -> None:
    """Raise the watermark to `newest`, count refusals, and mark the series as being collected.

    An update that falls back on an insert: SQLAlchemy compiles an upsert anew each time, which costs a page's
    write a tenth of its rate; the write lock is held, so nobody comes in between.
    """
    row = {"newest": newest, "more": refused, "now": now_us}
    where = {f"its_{name}": value for name, value in named(series).items()}
    if not connection.execute(_TOUCH, {**where, **row}).rowcount:
        values = {"watermark": newest, "status": "collecting", "reason": "", "refused": refused}
        connection.execute(insert(series_status), {**named(series), **values, "updated_at_us": now_us})


def touch_known(connection: Connection, newest: Mapping[Series, int], now_us: int) -> int:
    """The same for many series at once; returns how many of them have a row, and were raised."""
    rows = [
        {**{f"its_{name}": value for name, value in named(series).items()}, "newest": time, "more": 0, "now": now_us}
        for series, time in newest.items()
    ]
    return connection.execute(_TOUCH, rows).rowcount if rows else 0


def mark(connection: Connection, series: Series, status: str, reason: str, now_us: int) -> None:
    """Record that a series is `collecting` or `stopped`, and why."""
    row = {"watermark": None, "refused": 0, "status": status, "reason": reason, "updated_at_us": now_us}
    statement = dialect.upsert(connection.dialect.name, series_status, _KEY, ("status", "reason", "updated_at_us"))
    connection.execute(statement, {**named(series), **row})


def series_statuses(connection: Connection) -> list[SeriesStatus]:
    """All series, from the bookkeeping rows alone: no candle is read, however many there are."""
    coverage, state = series_coverage.c, series_status.c
    sums = (
        select(
            coverage.exchange,
            coverage.symbol,
            coverage.timeframe,
            func.min(coverage.start).label("first"),
            func.sum(coverage.candles).label("candles"),
            func.count().label("intervals"),
        )
        .group_by(coverage.exchange, coverage.symbol, coverage.timeframe)
        .subquery()
    )
    joined = and_(*(series_status.c[name] == sums.c[name] for name in _KEY))
    query = (
        select(
            series_status, sums.c.first, func.coalesce(sums.c.candles, literal(0)), func.coalesce(sums.c.intervals, 0)
        )
        .outerjoin(sums, joined)
        .order_by(state.exchange, state.symbol, state.timeframe)
    )
    return [
        SeriesStatus(Series(exchange, symbol, timeframe), status, reason, watermark, first, candles, intervals, refused)
        for exchange, symbol, timeframe, watermark, status, reason, refused, _, first, candles, intervals in (
            connection.execute(query)
        )
    ]


def estimated_bytes(series: Series, rows: int) -> int:
    """What so many rows of a series take in the database."""
    return rows * (_ROW_BYTES + sum(len(part.encode()) for part in series.key))
