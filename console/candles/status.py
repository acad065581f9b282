"""`chandler candles status` and `gaps`: the coverage ledger on a terminal, or as JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from console.candles.account import Account, Choice, accounts, wanted_parts
from console.candles.encode import gaps_json, status_json
from console.candles.tables import gaps_table, remarks, status_table
from shared.candles.ledger import ledgers, refusals
from shared.clock import now_ms
from shared.config import Settings
from shared.database import Database, open_database, require_schema


def show_status(settings: Settings, choice: Choice, *, as_json: bool) -> int:
    """Print what is known of every series that the choice holds."""
    with opened(settings) as database:
        found = read_accounts(settings, database, choice)
        if as_json:
            with database.read() as connection:
                refused = refusals(connection)
            print(json.dumps([status_json(each, refused.get(each.series, {})) for each in found], indent=2))
            return 0
    terminal = Console()
    terminal.print(status_table(found, terminal.width))
    if told := remarks(found):
        terminal.print(told, soft_wrap=True)
    return 0


def show_gaps(settings: Settings, choice: Choice, *, as_json: bool) -> int:
    """Print what is not fetched and what can't be had."""
    with opened(settings) as database:
        found = read_accounts(settings, database, choice)
    lacking = [each for each in found if each.gaps or each.unreachable]
    if as_json:
        print(json.dumps([gaps_json(each) for each in lacking], indent=2))
    elif lacking:
        terminal = Console()
        terminal.print(gaps_table(lacking))
        if told := remarks(lacking):
            terminal.print()
            terminal.print(told, soft_wrap=True)
    else:
        print("nothing is missing")
    return 0


def read_accounts(settings: Settings, database: Database, choice: Choice) -> list[Account]:
    """What the ledger says of the chosen series, held against what the configuration wants."""
    now = now_ms()
    settle = {name: int(exchange.settle_seconds * 1000) for name, exchange in settings.exchanges.items()}
    wanted = wanted_parts(settings.all_series(), settle, settings.backfill.days, now)
    with database.read() as connection:
        return accounts(ledgers(connection), wanted, choice, now)


@contextmanager
def opened(settings: Settings, durability: str = "normal") -> Iterator[Database]:
    """The configured database, with tables in it, for one command."""
    database = open_database(settings.database_url(), durability, settings.database.busy_timeout_ms, readers=1)
    try:
        require_schema(database)
        yield database
    finally:
        database.close()
