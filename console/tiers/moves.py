"""`chandler tiers moves`: the record, for people and for auditors."""

import csv
import json
import sys
from pathlib import PurePosixPath

from rich.console import Console
from rich.table import Table
from rich.text import Text

from console import words
from console.candles.status import opened
from console.tables import plain_table
from shared.config import Settings
from shared.tiers import TABLES, Move, moves

_WIDE = 110


def show_moves(settings: Settings, *, as_json: bool, as_csv: bool) -> int:
    """Print it, oldest first; 0 in any case."""
    with opened(settings) as database, database.read() as connection:
        found = moves(connection)
    if as_json:
        print(json.dumps([each._asdict() for each in found], indent=2))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(Move._fields)
        writer.writerows(found)
    elif found:
        terminal = Console()
        terminal.print(_table(found, terminal.width))
        print("\n".join(f"by {policy}" for policy in dict.fromkeys(each.policy for each in found)))
        print("--json and --csv tell of each line its policy, its file with its SHA-256, and why")
    else:
        print("nothing has left the database yet")
    return 0


def _table(found: list[Move], width: int) -> Table:
    """A line for each; on a narrow terminal (columns) with the month instead of the file."""
    wide = width >= _WIDE
    table = plain_table("when (UTC)", "what", "table", ">rows", "from", "to", "file" if wide else "month")
    for each in found:
        path = PurePosixPath(each.path)
        cells: list[str | Text] = [
            words.moment(each.moved_at_us // 1_000)[:-3],
            Text(each.action, "red" if each.action == "delete" else ""),
            each.table_name,
            words.count(each.rows),
            each.from_tier,
            each.to_tier,
            _short(path) if wide else _month(path),
        ]
        table.add_row(*cells)
    return table


def _short(path: PurePosixPath) -> str:
    """Below the table's directory; of candles below the archive."""
    return "/".join(path.parts[2:]) if path.parts[:1] == (TABLES,) else str(path)


def _month(path: PurePosixPath) -> str:
    return path.parts[2] if path.parts[:1] == (TABLES,) else path.stem
