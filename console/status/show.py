"""`chandler status` on a terminal, or as JSON."""

import json
from pathlib import Path

from rich.console import Console
from sqlalchemy.engine import make_url

from console.candles.status import opened
from console.encode import as_json as encoded
from console.status.encode import upkeep_json
from console.status.read import Upkeep, read_upkeep
from console.status.tables import processes_table, slowest, upkeep_table
from console.tables import series_table, strategies_table, totals, troubles
from shared.clock import boot_id, boot_us, now_us
from shared.config import Settings
from shared.errors import StopError
from shared.flag import flag_file, raised
from shared.overview import Overview, overview


def show_status(settings: Settings, *, as_json: bool) -> int:
    """Print the state of the configured database, of the fleet and of the upkeep."""
    _require_file(settings.database_url())
    now = now_us()
    with opened(settings) as database, database.read() as connection:
        found = overview(connection, now // 1_000, boot_us(), boot_id()).under(raised(flag_file(settings.paths.data)))
        upkeep = read_upkeep(settings, database, connection, now)
    if as_json:
        print(json.dumps({**encoded(found), **upkeep_json(upkeep)}, indent=2))
    else:
        _print(settings, found, upkeep)
    return 0


def _require_file(url: str) -> None:
    """SQLite would make an empty database where there is none, and then complain that it has no tables."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise StopError(f"there is no database {parsed.database} yet: run `python schema.py`, or check paths.data")


def _print(settings: Settings, found: Overview, upkeep: Upkeep) -> None:
    terminal = Console()
    if found.series:
        terminal.print(series_table(found.series))
    else:
        print("no candle yet: the backfiller enters a series with its first page")
    if found.strategies:
        terminal.print(strategies_table(found.strategies, terminal.width))
    terminal.print(totals(found))
    if why := troubles(found, settings.clock_limits()):
        terminal.print(why, soft_wrap=True)
    terminal.print()
    terminal.print(upkeep_table(upkeep, settings.keeper.disk_warning_days))
    if upkeep.runs:
        terminal.print(processes_table(upkeep.runs, upkeep.at_us, terminal.width))
    if worst := slowest(upkeep.runs, terminal.width):
        terminal.print(worst)
