"""`archive_months`: which months of a series have a file in the archive, and whether it still holds what it should.

Whatever changes a candle raises its month's `version` in the same transaction. The file is to be trusted as long as
it was written from that version.
"""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, update

from shared.candles.partition import named, of_series
from shared.database.prepared import Prepared
from shared.market import Interval, Series
from shared.models import archive_months

_COLUMNS = archive_months.c
_MONTHS = select(
    *(
        _COLUMNS[name]
        for name in (
            "start",
            "end",
            "version",
            "sealed_version",
            "rows",
            "first",
            "last",
            "sha256",
            "sealed_at_us",
            "pruned_until",
            "pruned_rows",
        )
    )
)
_ALL = _MONTHS.where(of_series(archive_months)).order_by(_COLUMNS.start)
_SERIES = (
    select(*(_COLUMNS[name] for name in ("exchange", "symbol", "timeframe")))
    .distinct()
    .order_by(_COLUMNS.exchange, _COLUMNS.symbol, _COLUMNS.timeframe)
)
_ONE = _MONTHS.where(of_series(archive_months), _COLUMNS.start == bindparam("at"))
_ITS = and_(*(_COLUMNS[name] == bindparam(f"its_{name}") for name in ("exchange", "symbol", "timeframe")))
_THIS = and_(_ITS, _COLUMNS.start == bindparam("at"))
#: With every page that is stored: as little of its time as possible.
_OUTDATE = Prepared(
    update(archive_months)
    .where(_ITS, _COLUMNS.start <= bindparam("newest"), _COLUMNS.end > bindparam("oldest"))
    .values(version=_COLUMNS.version + 1)
)
_SEAL = (
    update(archive_months)
    .where(_THIS)
    .values({name: bindparam(f"new_{name}") for name in ("sealed_version", "rows", "sha256", "sealed_at_us")})
    .values(first=bindparam("new_first"), last=bindparam("new_last"))
)
_PRUNE = (
    update(archive_months).where(_THIS).values(pruned_until=bindparam("new_until"), pruned_rows=bindparam("new_rows"))
)
_ADD = insert(archive_months)
_REMOVE = delete(archive_months).where(of_series(archive_months), _COLUMNS.start == bindparam("at"))
_PRUNED = select(
    func.min(_COLUMNS.first), func.max(_COLUMNS.pruned_until), func.coalesce(func.sum(_COLUMNS.pruned_rows), 0)
).where(of_series(archive_months), _COLUMNS.pruned_rows > 0)


@dataclass(frozen=True)
class ArchivedMonth:
    """One month's row; times in ms. Candles that open before `pruned_until` are in the file alone."""

    start: int
    end: int
    version: int
    sealed_version: int | None
    rows: int
    first: int | None
    last: int | None
    sha256: str
    sealed_at_us: int | None
    pruned_until: int
    pruned_rows: int

    @property
    def is_sealed(self) -> bool:
        """Whether a file was ever finished."""
        return self.sealed_version is not None

    @property
    def is_fresh(self) -> bool:
        """Whether the file holds all of the month's candles as they are now."""
        return self.sealed_version == self.version

    @property
    def is_pruned(self) -> bool:
        """Whether some of its candles are in the file alone."""
        return self.pruned_until > self.start

    @property
    def interval(self) -> Interval:
        """`start <= t < end`."""
        return Interval(self.start, self.end)


def archived_months(connection: Connection, series: Series) -> list[ArchivedMonth]:
    """The months of a series that have a row, oldest first."""
    return [ArchivedMonth(*row) for row in connection.execute(_ALL, named(series))]


def archived_series(connection: Connection) -> list[Series]:
    """The series that have such a month."""
    return [Series(*key) for key in connection.execute(_SERIES)]


def archived_month(connection: Connection, series: Series, start: int) -> ArchivedMonth | None:
    """The month that begins then (ms); None if it has no row."""
    row = connection.execute(_ONE, {**named(series), "at": start}).first()
    return ArchivedMonth(*row) if row else None


class Pruned(NamedTuple):
    """What of a series is in the archive alone: its first candle's open time and its end (ms), and how many candles.

    Between the two there may be months that are in the table.
    """

    interval: Interval
    candles: int


def pruned(connection: Connection, series: Series) -> Pruned:
    """What of a series is in the archive alone; an empty interval if nothing is."""
    first, until, candles = connection.execute(_PRUNED, named(series)).one()
    return Pruned(Interval(0, 0) if first is None else Interval(first, until), candles)


def pruned_parts(connection: Connection, series: Series) -> list[Interval]:
    """The intervals (ms) whose candles are in the archive alone, oldest first."""
    months = archived_months(connection, series)
    return [Interval(month.start, month.pruned_until) for month in months if month.is_pruned]


def outdate(connection: Connection, series: Series, oldest: int, newest: int) -> None:
    """Candles that open from `oldest` to `newest` (ms) have come or changed: files of their months hold others."""
    _OUTDATE.run(connection, **_its(series), oldest=oldest, newest=newest)


def begin_month(connection: Connection, series: Series, month: Interval) -> None:
    """Have a row for the month from now on, so that what changes while its file is written is noticed."""
    if archived_month(connection, series, month.start) is None:
        row = {"start": month.start, "end": month.end, "version": 0, "rows": 0, "sha256": ""}
        connection.execute(_ADD, {**named(series), **row, "pruned_until": month.start, "pruned_rows": 0})


def note_sealed(
    connection: Connection,
    series: Series,
    start: int,
    *,
    version: int,
    rows: int,
    first: int | None,
    last: int | None,
    sha256: str,
    now_us: int,
) -> None:
    """The month's file holds `version`."""
    new = {"sealed_version": version, "rows": rows, "first": first, "last": last, "sha256": sha256}
    values = {f"new_{name}": value for name, value in {**new, "sealed_at_us": now_us}.items()}
    connection.execute(_SEAL, {**_its(series), "at": start, **values})


def note_pruned(connection: Connection, series: Series, start: int, until: int, rows: int) -> None:
    """Candles of the month that open before `until` (ms), so many, are in the file alone."""
    connection.execute(_PRUNE, {**_its(series), "at": start, "new_until": until, "new_rows": rows})


def drop_month(connection: Connection, series: Series, start: int) -> None:
    """The month has no file any more."""
    connection.execute(_REMOVE, {**named(series), "at": start})


def _its(series: Series) -> dict[str, str]:
    return {f"its_{name}": value for name, value in named(series).items()}
