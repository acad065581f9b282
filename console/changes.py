"""`chandler changes`: who stands how since when: the change log, newest first."""

import json

from rich.console import Console
from rich.text import Text

from console import words
from console.candles.status import opened
from console.restore import instant
from console.tables import plain_table
from shared.config import Settings
from shared.database.changes import Change, decoded, latest
from shared.errors import ConfigError
from shared.models import metadata

_COLORS = {"insert": "green", "delete": "red"}


def show_changes(settings: Settings, table: str | None, since: str | None, limit: int, *, as_json: bool) -> int:
    """Print up to `limit` changes; ConfigError for a table there isn't, or an instant that is none."""
    if table is not None and table not in metadata.tables:
        raise ConfigError(f"there is no table {table}: docs/DATABASE.md names them all")
    since_us = 0 if since is None else instant(since, "--since")
    with opened(settings) as database, database.read() as connection:
        found = latest(connection, table, since_us, limit)
    if as_json:
        print(json.dumps([_json(each) for each in found], indent=2))
    elif found:
        _print(found)
    else:
        print("nothing is in the log: what a backup holds leaves it")
    return 0


def _print(found: list[Change]) -> None:
    terminal, shown = Console(), plain_table("when (UTC)", "what", "table", "row")
    shown.columns[-1].overflow = "ellipsis"
    for each in found:
        row = " ".join(f"{name}={value}" for name, value in decoded(each.table_name, each.row).items())
        what = Text(each.operation, _COLORS.get(each.operation, ""))
        shown.add_row(words.moment(each.at_us // 1_000), what, each.table_name, words.printable(row))
    terminal.print(shown)


def _json(change: Change) -> dict[str, object]:
    return {**change._asdict(), "row": decoded(change.table_name, change.row)}
