"""Changing stored candles: with what stood there before kept beside what stands there now, in one transaction."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, delete, insert, select, update

from shared.candles.months import outdate
from shared.candles.partition import named, of_series
from shared.market import Candle, Interval, Series, merge
from shared.models import candle_revisions, ohlcv_data, series_coverage

_VALUES = ("open", "high", "low", "close", "volume")


def _its(table: Table) -> ColumnElement[bool]:
    """The rows of one series in an UPDATE, where SQLAlchemy keeps the columns' own names to itself."""
    return and_(*(table.c[name] == bindparam(f"its_{name}") for name in ("exchange", "symbol", "timeframe")))


_AT = ohlcv_data.c.timestamp == bindparam("at")
_BETWEEN = (
    select(ohlcv_data.c.timestamp, *(ohlcv_data.c[name] for name in _VALUES))
    .where(
        of_series(ohlcv_data),
        ohlcv_data.c.timestamp >= bindparam("start"),
        ohlcv_data.c.timestamp < bindparam("end"),
    )
    .order_by(ohlcv_data.c.timestamp)
    .limit(bindparam("count"))
)
_CHANGE = update(ohlcv_data).where(_its(ohlcv_data), _AT).values({name: bindparam(f"new_{name}") for name in _VALUES})
_ADD = insert(ohlcv_data)
_REMOVE = delete(ohlcv_data).where(of_series(ohlcv_data), _AT)
_LOG = insert(candle_revisions)
_COUNT = (
    update(series_coverage)
    .where(_its(series_coverage), series_coverage.c.start <= bindparam("at"))
    .where(series_coverage.c.end > bindparam("at"))
    .values(candles=series_coverage.c.candles + bindparam("more"))
)

_ALL_OF_THEM = 2**31


class Change(NamedTuple):
    """A candle before and after; None where there is none."""

    old: Candle | None
    new: Candle | None

    @property
    def timestamp(self) -> int:
        """The candle's open time, ms."""
        return (self.old or self.new or _NOTHING).timestamp


_NOTHING = Candle(0, 0, 0, 0, 0, 0)


def stored(connection: Connection, series: Series, part: Interval, count: int = _ALL_OF_THEM) -> list[Candle]:
    """The first `count` candles that open within the interval, ascending."""
    bounds = {"start": part.start, "end": part.end, "count": count}
    return [Candle(*row) for row in connection.execute(_BETWEEN, {**named(series), **bounds})]


def revise(connection: Connection, series: Series, changes: Sequence[Change], source: str, now_us: int) -> int:
    """Put the new candles in place of the old ones and log both; returns how many.

    `source` is `verify` or `import`. A candle that is not as `old` says any more is left alone: somebody else has
    changed it since it was compared. Coverage counts the rows that come and go.
    """
    slots = merge(Interval(change.timestamp, change.timestamp + series.step) for change in changes)
    held = {candle.timestamp: candle for slot in slots for candle in stored(connection, series, slot)}
    made = sorted(
        (c for c in changes if c.old != c.new and held.get(c.timestamp) == c.old), key=lambda change: change.timestamp
    )
    _apply(connection, series, made)
    if made:
        outdate(connection, series, made[0].timestamp, made[-1].timestamp)
        _note(connection, series, made, source, now_us)
    return len(made)


def note_late(connection: Connection, series: Series, candles: Sequence[Candle], now_us: int) -> None:
    """Candles came, in this transaction, where coverage said that there are none: what was read there has changed."""
    _note(connection, series, [Change(None, candle) for candle in candles], "late", now_us)


def _note(connection: Connection, series: Series, changes: Sequence[Change], source: str, now_us: int) -> None:
    common = {**named(series), "source": source, "revised_at_us": now_us}
    rows = [
        {"timestamp": each.timestamp, **_prefixed("old", each.old), **_prefixed("new", each.new)} for each in changes
    ]
    connection.execute(_LOG, [common | row for row in rows])


def _apply(connection: Connection, series: Series, changes: Sequence[Change]) -> None:
    name = named(series)
    its = {f"its_{column}": value for column, value in name.items()}
    removed = [{**name, "at": old.timestamp} for old, new in changes if old and not new]
    added = [{**name, **new._asdict()} for old, new in changes if new and not old]
    changed = [{**its, "at": old.timestamp, **_prefixed("new", new)} for old, new in changes if old and new]
    counts = [{**its, "at": each.timestamp, "more": 1 if each.new else -1} for each in changes if None in each]
    for statement, rows in ((_REMOVE, removed), (_ADD, added), (_CHANGE, changed), (_COUNT, counts)):
        if rows:
            connection.execute(statement, rows)


def _prefixed(prefix: str, candle: Candle | None) -> dict[str, float | None]:
    return {f"{prefix}_{name}": None if candle is None else getattr(candle, name) for name in _VALUES}
