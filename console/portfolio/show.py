"""The portfolio on a terminal, or as JSON."""

import json

from rich.console import Console

from console.portfolio.encode import as_json as encoded
from console.portfolio.tables import headline, markets_table, performance_table, strategies_table
from shared.config import Settings
from shared.portfolio import PortfolioView
from shared.store import Store


def show_portfolio(settings: Settings, days: float | None, strategy_id: str | None, *, as_json: bool) -> int:
    """Print the portfolio of the configured database; of one strategy, if it is named."""
    with Store.open(settings.database_url()) as store:
        found = store.portfolio(days, strategy_id)
    if as_json:
        print(json.dumps(encoded(found), indent=2))
    elif not found.accounts:
        print("no strategy yet: a trader enters the configured ones when it starts")
    else:
        _draw(found, Console())
    return 0


def _draw(found: PortfolioView, terminal: Console) -> None:
    for view in found.accounts:
        terminal.print(headline(found, view))
        terminal.print(performance_table(found, view))
        terminal.print(strategies_table(view.strategies, terminal.width))
        if view.totals.positions:
            terminal.print(markets_table(view))
