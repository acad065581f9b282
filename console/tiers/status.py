"""`chandler tiers status`: of every table, what is in the database and what is in files."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, func, select

from console import words
from console.candles.status import opened
from console.candles.tables import size
from console.tables import plain_table
from shared.archive import sealed
from shared.candles import series_statuses
from shared.candles.months import pruned
from shared.config import Settings
from shared.database.space import Space, space
from shared.database.upkeep import database_file
from shared.models import ohlcv_data
from shared.tiers import AGED, Aged, TierFile, files_of

_FILES = ("warm", "cold", "frozen")
_DAY = len("2026-07-01")


@dataclass(frozen=True)
class Held:
    """Where a table's rows are: in the database, and by tier in files. Times in microseconds UTC."""

    table: str
    hot_rows: int
    hot_first_us: int | None
    rows: dict[str, int]
    files: int
    bytes: int
    first_us: int | None


def show_status(settings: Settings, *, as_json: bool) -> int:
    """Print it; 0 in any case."""
    file = database_file(settings.database_url())
    with opened(settings) as database, database.read() as connection:
        found = [candles(connection, settings.paths.archive), *(held(connection, aged) for aged in AGED.values())]
    room = space(file)
    if as_json:
        print(json.dumps({"tables": [asdict(each) for each in found], "database": room._asdict()}, indent=2))
        return 0
    Console().print(_table(found))
    print(_told(room))
    return 0


def held(connection: Connection, aged: Aged) -> Held:
    """Of one table."""
    time = aged.table.c[aged.time]
    count, first = connection.execute(select(func.count(), func.min(time)).select_from(aged.table)).one()
    files: list[TierFile] = files_of(connection, aged.name)
    return Held(
        aged.name,
        count,
        None if first is None else first * aged.unit_us,
        {tier: sum(file.rows for file in files if file.tier == tier) for tier in _FILES},
        len(files),
        sum(file.bytes for file in files),
        min((file.first_us for file in files), default=None),
    )


def candles(connection: Connection, archive: Path) -> Held:
    """Of candles: months in files are in the database, too, until they are pruned."""
    known = series_statuses(connection)
    manifests = [manifest for each in known for manifest in sealed(archive, each.series)]
    first = [each.first for each in known if each.first is not None]
    return Held(
        ohlcv_data.name,
        sum(each.candles - pruned(connection, each.series).candles for each in known),
        min(first) * 1_000 if first else None,
        {tier: sum(each.rows for each in manifests if each.tier == tier) for tier in _FILES},
        len(manifests),
        sum(each.bytes for each in manifests),
        None,
    )


def _table(found: list[Held]) -> Table:
    table = plain_table("table", ">hot", *(f">{tier}" for tier in _FILES), ">files", ">size", ">since")
    for each in found:
        first = min((at for at in (each.first_us, each.hot_first_us) if at is not None), default=None)
        table.add_row(
            each.table,
            words.count(each.hot_rows),
            *(words.count(each.rows[tier]) if each.rows[tier] else words.NOTHING for tier in _FILES),
            str(each.files or words.NOTHING),
            size(each.bytes) if each.files else words.NOTHING,
            words.moment(None if first is None else first // 1_000)[:_DAY],
        )
    return table


def _told(room: Space) -> str:
    told = f"the database is {size(room.file_bytes)}, {size(room.free_bytes)} of it unused"
    if not room.gives_back:
        return f"{told}: it was made before files could shrink; `chandler vacuum` changes that"
    return f"{told}: the keeper gives it back bit by bit" if room.free_bytes else told
