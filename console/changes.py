"""`chandler changes`: what was changed in the database, newest first."""

import json

from rich.console import Console
from rich.text import Text

from console import words
from console.candles.status import opened
from console.restore import instant
from console.tables import plain_table
from shared.config import Settings
from shared.database.changes import APPENDED, Change, decoded, latest
from shared.errors import ConfigError
from shared.models import metadata

_COLORS = {"insert": "green", "delete": "red"}
#: Columns of a line beside the table's name and the row: the time, what, and the space between; and what a row gets.
_BESIDES, _LEAST = len("2026-01-01 00:00:00") + len("insert") + 3 * 3 + 2, 20


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
        if table in APPENDED:
            print(f"rows are only ever added to {table}: it tells itself what came when, by its stamp_us")
    return 0


def _print(found: list[Change]) -> None:
    """A line each: of the row as much as there is room for."""
    terminal, shown = Console(), plain_table("when (UTC)", "what", "table", "row")
    room = max(_LEAST, terminal.width - _BESIDES - max(len(each.table_name) for each in found))
    for each in found:
        told = " ".join(f"{name}={value}" for name, value in decoded(each.table_name, each.row).items())
        row, what = Text(words.printable(told)), Text(each.operation, _COLORS.get(each.operation, ""))
        row.truncate(room, overflow="ellipsis")
        shown.add_row(words.moment(each.at_us // 1_000), what, each.table_name, row)
    terminal.print(shown)


def _json(change: Change) -> dict[str, object]:
    return {**change._asdict(), "row": decoded(change.table_name, change.row)}
