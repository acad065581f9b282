"""Of a series: how many candles there are, where they lie, and how much room they take."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from shared.archive import Month, month_file
from shared.candles import estimated_bytes, series_statuses
from shared.candles.months import archived_months
from shared.candles.partition import named, of_series
from shared.errors import StopError
from shared.history.copies import bytes_of, copies_below
from shared.history.read import Place, extent
from shared.market import Series
from shared.models import series_status

_UPDATED = select(series_status.c.updated_at_us).where(of_series(series_status))


@dataclass(frozen=True)
class Kept:
    """One series. `first`, `last` in ms, `*_at_us` in us UTC; sizes in bytes, that of the table an estimate.

    `candles` are all there are; `archived` those in sealed months, of which `pruned` are in their files alone.
    """

    series: Series
    candles: int
    first: int | None
    last: int | None
    months: int
    archived: int
    pruned: int
    copies: int
    table_bytes: int
    archive_bytes: int
    copies_bytes: int
    updated_at_us: int
    sealed_at_us: int | None


def kept(connection: Connection, place: Place, series: Series) -> Kept:
    """What is kept of a series, from the bookkeeping and the sizes of files: no candle is read.

    StopError if the series is unknown.
    """
    status = next((each for each in series_statuses(connection) if each.series == series), None)
    if status is None:
        raise StopError(f"nothing is kept of {series}: `chandler history info` lists what there is")
    months = [month for month in archived_months(connection, series) if month.is_sealed]
    files = [month_file(place.archive, series, Month.of(month.start)) for month in months]
    copies = copies_below(place.copies, series) if place.copies else []
    pruned = sum(month.pruned_rows for month in months)
    part = extent(connection, series)
    return Kept(
        series=series,
        candles=status.candles,
        first=part.start if part else None,
        last=part.end - series.step if part else None,
        months=len(months),
        archived=sum(month.rows for month in months),
        pruned=pruned,
        copies=len(copies),
        table_bytes=estimated_bytes(series, max(0, status.candles - pruned)),
        archive_bytes=sum(file.stat().st_size for file in files if file.is_file()),
        copies_bytes=bytes_of(copies),
        updated_at_us=connection.execute(_UPDATED, named(series)).scalar_one(),
        sealed_at_us=max((month.sealed_at_us or 0 for month in months), default=None),
    )
