"""What of a series the exchange has been asked for and has answered, as stored intervals."""

from sqlalchemy import Connection, bindparam, delete, insert, select

from shared.candles.partition import named, of_series
from shared.candles.unreachable import reached
from shared.market import Interval, Series, merge
from shared.models import series_coverage

_OF_SERIES = of_series(series_coverage)
_TOUCHING = (
    select(series_coverage.c.start, series_coverage.c.end, series_coverage.c.candles)
    .where(_OF_SERIES, series_coverage.c.start <= bindparam("right"), series_coverage.c.end >= bindparam("left"))
    .order_by(series_coverage.c.start)
)
_ALL = select(series_coverage.c.start, series_coverage.c.end).where(_OF_SERIES).order_by(series_coverage.c.start)
_ADD = insert(series_coverage)
_REMOVE = delete(series_coverage).where(_OF_SERIES, series_coverage.c.start == bindparam("at"))


def covered(connection: Connection, series: Series) -> list[Interval]:
    """The covered intervals, oldest first, disjoint and not touching."""
    return [Interval(start, end) for start, end in connection.execute(_ALL, named(series)).all()]


def extend(connection: Connection, series: Series, interval: Interval, inserted: int) -> None:
    """Add an interval, joined with what it touches; `inserted` is how many rows this transaction put into it.

    What was noted as unreachable of it is so no longer.
    """
    where = named(series)
    touching = connection.execute(_TOUCHING, {**where, "left": interval.start, "right": interval.end}).all()
    (joined,) = merge([interval, *(Interval(start, end) for start, end, _ in touching)])
    candles = inserted + sum(count for _, _, count in touching)
    if touching:
        connection.execute(_REMOVE, [{**where, "at": start} for start, _, _ in touching])
    row = {**where, "start": joined.start, "end": joined.end, "candles": candles}
    connection.execute(_ADD, row)
    reached(connection, series, interval)
