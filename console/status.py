"""`chandler status`: the overview on a terminal, or as JSON."""

import json

from rich.console import Console

from console.encode import as_json as encoded
from console.tables import series_table, strategies_table, totals, troubles
from shared.config import Settings
from shared.flag import flag_file, raised
from shared.store import Store


def show_status(settings: Settings, *, as_json: bool) -> int:
    """Print the overview of the configured database."""
    with Store.open(settings.database_url()) as store:
        found = store.overview().under(raised(flag_file(settings.paths.data)))
    if as_json:
        print(json.dumps(encoded(found), indent=2))
        return 0
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
    return 0
