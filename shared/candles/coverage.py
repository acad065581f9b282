"""What of a series the exchange has been asked for and has answered, as stored intervals."""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, insert, select, update

from shared.candles.partition import named, of_series
from shared.candles.unreachable import reached
from shared.market import Interval, Series, merge
from shared.models import series_coverage, series_unreachable

_SERIES = ("exchange", "symbol", "timeframe")
_OF_SERIES = of_series(series_coverage)
_TOUCHING = (
    select(series_coverage.c.start, series_coverage.c.end, series_coverage.c.candles)
    .where(_OF_SERIES, series_coverage.c.start <= bindparam("right"), series_coverage.c.end >= bindparam("left"))
    .order_by(series_coverage.c.start)
)
_ALL = select(series_coverage.c.start, series_coverage.c.end).where(_OF_SERIES).order_by(series_coverage.c.start)
_UNTIL = (
    select(series_coverage.c.end)
    .where(_OF_SERIES, series_coverage.c.start <= bindparam("at"), series_coverage.c.end > bindparam("at"))
    .order_by(series_coverage.c.start.desc())
    .limit(1)
)
_ADD = insert(series_coverage)
_REMOVE = delete(series_coverage).where(_OF_SERIES, series_coverage.c.start == bindparam("at"))

_RECOUNT = (
    update(series_coverage)
    .where(*(series_coverage.c[name] == bindparam(f"its_{name}") for name in _SERIES))
    .where(series_coverage.c.start <= bindparam("at"), series_coverage.c.end > bindparam("at"))
    .values(candles=series_coverage.c.candles + bindparam("more"))
)

_OTHER = series_coverage.alias("other")
_SAME = and_(*(_OTHER.c[name] == series_coverage.c[name] for name in _SERIES))
_LAST_START = (
    select(func.max(_OTHER.c.start))
    .where(*(_OTHER.c[name] == bindparam(f"its_{name}") for name in _SERIES), _OTHER.c.start <= bindparam("left"))
    .scalar_subquery()
)
_LENGTHEN = (
    update(series_coverage)
    .where(
        *(series_coverage.c[name] == bindparam(f"its_{name}") for name in _SERIES),
        series_coverage.c.start == _LAST_START,
        series_coverage.c.end == bindparam("left"),
        ~exists().where(_SAME, _OTHER.c.start > series_coverage.c.start, _OTHER.c.start <= bindparam("right")),
        ~exists().where(
            *(series_unreachable.c[name] == series_coverage.c[name] for name in _SERIES),
            series_unreachable.c.start < bindparam("right"),
            series_unreachable.c.end > bindparam("left"),
        ),
    )
    .values(end=bindparam("right"), candles=series_coverage.c.candles + bindparam("more"))
)


def covered(connection: Connection, series: Series) -> list[Interval]:
    """The covered intervals, oldest first, disjoint and not touching."""
    return [Interval(start, end) for start, end in connection.execute(_ALL, named(series)).all()]


def covered_until(connection: Connection, series: Series, start: int) -> int:
    """Up to where (ms) coverage goes on without a hole from `start`; `start` itself if it is not covered."""
    end = connection.execute(_UNTIL, {**named(series), "at": start}).scalar()
    return start if end is None else end


def extend(connection: Connection, series: Series, interval: Interval, inserted: int) -> None:
    """Add an interval, joined with what it touches; `inserted` is how many rows this transaction put into it.

    What was noted as unreachable of it is so no longer.
    """
    if not lengthen(connection, [(series, interval, inserted)]):
        _join(connection, series, interval, inserted)


def lengthen(connection: Connection, longer: Sequence[tuple[Series, Interval, int]]) -> int:
    """Add intervals, each with its count of rows, in one statement; returns for how many that was enough.

    It is for those that begin where an interval ends, and touch nothing else: so a page of history nearly always does.
    """
    rows = [
        {
            **{f"its_{name}": value for name, value in zip(_SERIES, series.key, strict=True)},
            "left": interval.start,
            "right": interval.end,
            "more": inserted,
        }
        for series, interval, inserted in longer
    ]
    return connection.execute(_LENGTHEN, rows).rowcount


def recount(connection: Connection, series: Series, at: int, more: int) -> None:
    """The interval that covers an instant (ms) holds so many more candles than was counted, or fewer."""
    its = {f"its_{name}": value for name, value in named(series).items()}
    connection.execute(_RECOUNT, {**its, "at": at, "more": more})


def uncover(connection: Connection, series: Series, part: Interval, left: int, lost: int) -> None:
    """The interval, which lies within a covered one, is to be fetched anew.

    `lost` is how many candles were counted in it, `left` how many in what is covered without a hole before it.
    """
    where = named(series)
    for start, end, candles in connection.execute(_TOUCHING, {**where, "left": part.start, "right": part.end}).all():
        if not start <= part.start < part.end <= end:
            continue
        connection.execute(_REMOVE, {**where, "at": start})
        kept = [(Interval(start, part.start), left), (Interval(part.end, end), candles - left - lost)]
        rows = [{**where, "start": old.start, "end": old.end, "candles": count} for old, count in kept if old]
        if rows:
            connection.execute(_ADD, rows)


def _join(connection: Connection, series: Series, interval: Interval, inserted: int) -> None:
    where = named(series)
    touching = connection.execute(_TOUCHING, {**where, "left": interval.start, "right": interval.end}).all()
    (joined,) = merge([interval, *(Interval(start, end) for start, end, _ in touching)])
    candles = inserted + sum(count for _, _, count in touching)
    if touching:
        connection.execute(_REMOVE, [{**where, "at": start} for start, _, _ in touching])
    row = {**where, "start": joined.start, "end": joined.end, "candles": candles}
    connection.execute(_ADD, row)
    reached(connection, series, interval)
