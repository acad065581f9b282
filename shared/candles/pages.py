"""Putting candles in: a page and the coverage it proves, in the caller's one transaction."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from shared.candles.coverage import extend
from shared.candles.months import outdate
from shared.candles.partition import named, of_series
from shared.candles.revisions import note_late
from shared.candles.status import touch
from shared.database import dialect
from shared.database.prepared import Prepared
from shared.errors import RepairError
from shared.market import Candle, Interval, Series
from shared.models import ohlcv_data, series_coverage

_TIMES = select(ohlcv_data.c.timestamp).where(
    of_series(ohlcv_data), ohlcv_data.c.timestamp.between(bindparam("first"), bindparam("last"))
)
_KNOWN = Prepared(
    select(series_coverage.c.start, series_coverage.c.end).where(
        of_series(series_coverage),
        series_coverage.c.start <= bindparam("last"),
        series_coverage.c.end > bindparam("first"),
    )
)


def store_page(
    connection: Connection,
    series: Series,
    candles: Sequence[Candle],
    coverage: Interval,
    *,
    now_us: int,
    refused: int = 0,
) -> int:
    """Insert closed candles in ascending order and record `coverage`; returns how many were new.

    RepairError, and nothing is stored, if the rows don't add up afterwards: `OR IGNORE` is silent about rows
    that break a constraint, and a row lost that way must never count as confirmed empty. An empty `coverage`
    records candles only. A candle that comes where coverage said there is none is noted as a revision.
    """
    late = _late(connection, series, candles) if candles else []
    inserted = _insert(connection, series, candles) if candles else 0
    if late:
        note_late(connection, series, late, now_us)
    if inserted:
        outdate(connection, series, candles[0].timestamp, candles[-1].timestamp)
    if coverage:
        extend(connection, series, coverage, inserted)
    touch(connection, series, candles[-1].timestamp if candles else None, refused, now_us)
    return inserted


def _late(connection: Connection, series: Series, candles: Sequence[Candle]) -> list[Candle]:
    """Those that are not in the table though they lie in what is covered; nearly always there is no such part."""
    bounds = {**named(series), "first": candles[0].timestamp, "last": candles[-1].timestamp}
    parts = [Interval(*row) for row in _KNOWN.rows(connection, **bounds)]
    if not parts:
        return []
    held = set(connection.execute(_TIMES, bounds).scalars())
    inside = (each for each in candles if any(part.start <= each.timestamp < part.end for part in parts))
    return [each for each in inside if each.timestamp not in held]


def _insert(connection: Connection, series: Series, candles: Sequence[Candle]) -> int:
    inserted = dialect.insert_candles(connection, series.key, candles)
    if inserted == len(candles):
        return inserted
    bounds = {**named(series), "first": candles[0].timestamp, "last": candles[-1].timestamp}
    held = set(connection.execute(_TIMES, bounds).scalars()).intersection(candle.timestamp for candle in candles)
    if len(held) != len(candles):
        raise RepairError(
            f"{series}: of {len(candles)} candles {inserted} went in and {len(held) - inserted} were there already;"
            " the database refused the rest, so none of the page was kept"
        )
    return inserted
