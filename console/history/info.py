"""`chandler history info`: of every series how many candles there are, where they lie, and how much room they take."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, select

from console import words
from console.candles.account import Choice, estimated_bytes
from console.candles.tables import size
from console.history.place import chosen, place_of
from console.tables import plain_table
from shared.archive import Month, month_file
from shared.candles import series_statuses
from shared.candles.months import archived_months
from shared.candles.partition import named, of_series
from shared.config import Settings
from shared.history import Place
from shared.history.copies import bytes_of, copies_below
from shared.history.read import extent
from shared.market import Series
from shared.models import series_status

_DAY, _MINUTE = len("2024-01-01"), len("2024-01-01 00:00")
#: Heading (`>` is aligned right), and the columns a terminal must have for it.
_COLUMNS = (
    (">months", 90),
    (">table", 130),
    (">archive", 130),
    (">copies", 130),
    (">on disk", 0),
)
_UPDATED = select(series_status.c.updated_at_us).where(of_series(series_status))


@dataclass(frozen=True)
class Info:
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


def show_info(settings: Settings, choice: Choice, *, as_json: bool) -> int:
    """Print it, as a table or as JSON."""
    with place_of(settings) as place, place.database.read() as connection:
        found = [info(connection, place, series) for series in chosen(connection, choice)]
    if as_json:
        print(json.dumps([{**asdict(each.series), **_plain(each)} for each in found], indent=2))
        return 0
    terminal = Console()
    terminal.print(_table(found, terminal.width))
    parts = [sum(each) for each in zip(*(_sizes(each) for each in found), strict=True)] or [0, 0, 0]
    told = ", ".join(f"{size(count)} {name}" for count, name in zip(parts, ("table", "archive", "copies"), strict=True))
    print(f"{words.several(sum(each.candles for each in found), 'candle')}, {size(sum(parts))} on disk: {told}")
    return 0


def info(connection: Connection, place: Place, series: Series) -> Info:
    """What is kept of a series, from the bookkeeping and the sizes of files: no candle is read."""
    (status,) = (each for each in series_statuses(connection) if each.series == series)
    months = [month for month in archived_months(connection, series) if month.is_sealed]
    files = [month_file(place.archive, series, Month.of(month.start)) for month in months]
    copies = copies_below(place.copies, series) if place.copies else []
    pruned = sum(month.pruned_rows for month in months)
    part = extent(connection, series)
    return Info(
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


def _plain(each: Info) -> dict[str, int | None]:
    return {name: getattr(each, name) for name in each.__dataclass_fields__ if name != "series"}


def _sizes(each: Info) -> tuple[int, int, int]:
    return each.table_bytes, each.archive_bytes, each.copies_bytes


def _table(found: Sequence[Info], width: int) -> Table:
    """A line for each series; on a narrow terminal (columns) without what `--json` and the sum tell too."""
    shown = [(place, heading) for place, (heading, least) in enumerate(_COLUMNS) if width >= least]
    table = plain_table("series", ">candles", ">first (UTC)", ">last (UTC)", *(heading for _, heading in shown))
    length = _DAY if width < _COLUMNS[0][1] else _MINUTE
    for each in found:
        sizes = _sizes(each)
        cells = [str(each.months or words.NOTHING)]
        cells += [size(count) if count else words.NOTHING for count in (*sizes, sum(sizes))]
        table.add_row(
            str(each.series),
            words.count(each.candles),
            words.moment(each.first)[:length],
            words.moment(each.last)[:length],
            *(cells[place] for place, _ in shown),
        )
    return table
