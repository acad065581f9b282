"""`chandler status`: the overview on a terminal, or as JSON."""

import json

from rich.console import Console

from console.encode import as_json as encoded
from console.tables import series_table, strategies_table, totals, troubles
from shared.store import Store


def show_status(database_url: str, *, as_json: bool) -> int:
    """Print the overview of a database."""
    with Store.open(database_url) as store:
        found = store.overview()
    if as_json:
        print(json.dumps(encoded(found), indent=2))
        return 0
    terminal = Console()
    terminal.print(series_table(found.series))
    terminal.print(strategies_table(found.strategies, terminal.width))
    terminal.print(totals(found))
    if why := troubles(found):
        terminal.print(why, soft_wrap=True)
    return 0
