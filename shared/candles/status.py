"""One row for each series: its watermark, and whether it is being collected."""

from dataclasses import dataclass
from functools import cache

from sqlalchemy import Connection, Insert, and_, case, func, literal, select

from shared.candles.coverage import named
from shared.database import dialect
from shared.market import Series
from shared.models import series_coverage, series_status

_KEY = ("exchange", "symbol", "timeframe")


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
    """Raise the watermark to `newest`, count refusals, and mark the series as being collected."""
    row = {"watermark": newest, "status": "collecting", "reason": "", "refused": refused, "updated_at_us": now_us}
    connection.execute(_touch(connection.dialect.name), {**named(series), **row})


@cache
def _touch(name: str) -> Insert:
    statement = dialect.insert(name, series_status)
    old, new = series_status.c, statement.excluded
    rises = func.coalesce(new.watermark, -1) > func.coalesce(old.watermark, -1)
    changed = {
        "watermark": case((rises, new.watermark), else_=old.watermark),
        "status": new.status,
        "reason": new.reason,
        "refused": old.refused + new.refused,
        "updated_at_us": new.updated_at_us,
    }
    return statement.on_conflict_do_update(index_elements=_KEY, set_=changed)


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
