"""What of a series the exchange will not hand out, and why, so that it is not asked for again and again."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, insert, select

from shared.candles.partition import named, of_series
from shared.market import Interval, Series, merge, subtract
from shared.models import series_unreachable

_ALL = (
    select(series_unreachable.c.start, series_unreachable.c.end, series_unreachable.c.reason)
    .where(of_series(series_unreachable))
    .order_by(series_unreachable.c.start)
)
_WITHIN = select(*series_unreachable.c).where(
    of_series(series_unreachable),
    series_unreachable.c.start < bindparam("right"),
    series_unreachable.c.end > bindparam("left"),
)
_ADD = insert(series_unreachable)
_REMOVE = delete(series_unreachable).where(of_series(series_unreachable), series_unreachable.c.start == bindparam("at"))


def unreachable(connection: Connection, series: Series) -> list[Interval]:
    """The intervals that can't be had, oldest first and disjoint; those with different reasons may touch."""
    return [Interval(start, end) for start, end, _ in connection.execute(_ALL, named(series)).all()]


def note_unreachable(
    connection: Connection, series: Series, interval: Interval, reason: str, *, known: Iterable[Interval], now_us: int
) -> None:
    """Record that the exchange does not hand this out, less what is `known`; what was noted already stays as it is.

    Intervals that touch and have the same reason become one: as the exchange's reach moves on, the table does not grow.
    """
    noted = connection.execute(_ALL, named(series)).all()
    fresh = subtract(interval, [*known, *(Interval(start, end) for start, end, _ in noted)])
    same = [Interval(start, end) for start, end, why in noted if why == reason]
    for joined in merge([*same, *fresh]) if fresh else ():
        inside = [old for old in same if joined.start <= old.start < joined.end]
        if inside == [joined]:
            continue
        if inside:
            connection.execute(_REMOVE, [{**named(series), "at": old.start} for old in inside])
        row = {"start": joined.start, "end": joined.end, "reason": reason, "noted_at_us": now_us}
        connection.execute(_ADD, {**named(series), **row})


def reached(connection: Connection, series: Series, interval: Interval) -> None:
    """This could be had after all: it is no longer unreachable."""
    where = {**named(series), "left": interval.start, "right": interval.end}
    for row in connection.execute(_WITHIN, where).mappings().all():
        connection.execute(_REMOVE, {**named(series), "at": row["start"]})
        rest = subtract(Interval(row["start"], row["end"]), [interval])
        if rest:
            connection.execute(_ADD, [{**row, "start": part.start, "end": part.end} for part in rest])
