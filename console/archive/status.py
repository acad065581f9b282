"""`chandler archive status`: of every series, which months are sealed, how large they are, and what waits."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from console import words
from console.candles.account import Choice
from console.candles.status import opened
from console.candles.tables import size
from console.tables import plain_table
from shared.archive import Month, month_file, sealable
from shared.archive.place import manifest_file
from shared.candles import read_exchange, series_statuses
from shared.candles.months import ArchivedMonth, archived_months
from shared.clock import now_ms
from shared.config import Settings
from shared.database import Database
from shared.market import Series


@dataclass(frozen=True)
class Shelf:
    """A series' months. `waiting` are complete and not sealed as they are now; `size_bytes` is what lies on disk."""

    series: Series
    sealed: tuple[ArchivedMonth, ...]
    waiting: tuple[Month, ...]
    size_bytes: int

    @property
    def rows(self) -> int:
        """Candles in files."""
        return sum(month.rows for month in self.sealed)

    @property
    def pruned_rows(self) -> int:
        """Candles in files alone."""
        return sum(month.pruned_rows for month in self.sealed)


def show_status(settings: Settings, choice: Choice, *, as_json: bool) -> int:
    """Print it; 0 in any case: what waits is sealed by the keeper's next round."""
    with opened(settings) as database:
        settle = {name: int(each.settle_seconds * 1000) for name, each in settings.exchanges.items()}
        found = shelves(database, settings.paths.archive, choice, settle, now_ms())
    if as_json:
        print(json.dumps([shelf_json(each) for each in found], indent=2))
        return 0
    if found:
        Console().print(table(found))
    months = words.several(sum(len(each.sealed) for each in found), "month")
    print(f"{months} in {settings.paths.archive}, {size(sum(each.size_bytes for each in found))}")
    for each in found:
        if each.waiting:
            told = words.several(len(each.waiting), "month")
            print(f"{each.series}: {told} to be sealed, by the keeper's next round or `chandler archive seal`")
        if each.pruned_rows:
            print(f"{each.series}: {words.several(each.pruned_rows, 'candle')} in the archive alone")
    return 0


def shelves(database: Database, archive: Path, choice: Choice, settle_ms: dict[str, int], now: int) -> list[Shelf]:
    """The chosen series that have a month sealed or waiting; `now` in ms."""
    found = []
    with database.read() as connection:
        for series in (status.series for status in series_statuses(connection)):
            if series not in choice:
                continue
            exchange = read_exchange(connection, series.exchange)
            ahead = (exchange.clock_offset_ms if exchange else None) or 0
            waiting = sealable(connection, series, now + ahead - settle_ms.get(series.exchange, 0))
            sealed = [month for month in archived_months(connection, series) if month.is_sealed]
            if sealed or waiting:
                bytes_ = sum(_size(month_file(archive, series, Month.of(month.start))) for month in sealed)
                found.append(Shelf(series, tuple(sealed), tuple(waiting), bytes_))
    return found


def table(found: Sequence[Shelf]) -> Table:
    """A line for each series."""
    shown = plain_table("series", ">months", ">first", ">last", ">candles", ">size")
    for each in found:
        ends = [str(Month.of(month.start)) for month in (each.sealed[:1] + each.sealed[-1:])] or [words.NOTHING] * 2
        shown.add_row(
            str(each.series),
            words.count(len(each.sealed)),
            *ends,
            words.count(each.rows),
            size(each.size_bytes),
        )
    return shown


def shelf_json(found: Shelf) -> dict[str, Any]:
    """Everything, month by month; times in ms UTC."""
    months = [
        {"month": str(Month.of(month.start)), **asdict(month), "is_fresh": month.is_fresh} for month in found.sealed
    ]
    return {
        **asdict(found.series),
        "rows": found.rows,
        "pruned_rows": found.pruned_rows,
        "size_bytes": found.size_bytes,
        "waiting": [str(month) for month in found.waiting],
        "months": months,
    }


def _size(path: Path) -> int:
    return sum(each.stat().st_size for each in (path, manifest_file(path)) if each.exists())
