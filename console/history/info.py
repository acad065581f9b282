"""`chandler history info`: of every series how many candles there are, where they lie, and how much room they take."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from console import words
from console.candles.account import Choice
from console.candles.tables import size
from console.history.place import chosen, place_of
from console.tables import plain_table
from shared.config import Settings
from shared.history.kept import Kept, kept

_DAY, _MINUTE = len("2024-01-01"), len("2024-01-01 00:00")
#: Heading (`>` is aligned right), and the columns a terminal must have for it.
_COLUMNS = (
    (">months", 90),
    (">table", 130),
    (">archive", 130),
    (">copies", 130),
    (">on disk", 0),
)


def show_info(settings: Settings, choice: Choice, *, as_json: bool) -> int:
    """Print it, as a table or as JSON."""
    with place_of(settings) as place, place.database.read() as connection:
        found = [kept(connection, place, series) for series in chosen(connection, choice)]
    if as_json:
        print(json.dumps([{**asdict(each.series), **_plain(each)} for each in found], indent=2))
        return 0
    terminal = Console()
    terminal.print(_table(found, terminal.width))
    parts = [sum(each) for each in zip(*(_sizes(each) for each in found), strict=True)] or [0, 0, 0]
    told = ", ".join(f"{size(count)} {name}" for count, name in zip(parts, ("table", "archive", "copies"), strict=True))
    print(f"{words.several(sum(each.candles for each in found), 'candle')}, {size(sum(parts))} on disk: {told}")
    return 0


def _plain(each: Kept) -> dict[str, int | None]:
    return {name: getattr(each, name) for name in each.__dataclass_fields__ if name != "series"}


def _sizes(each: Kept) -> tuple[int, int, int]:
    return each.table_bytes, each.archive_bytes, each.copies_bytes


def _table(found: Sequence[Kept], width: int) -> Table:
    """A line for each series; on a narrow terminal (columns) without what `--json` and the sum tell too."""
    shown = [(place, heading) for place, (heading, least) in enumerate(_COLUMNS) if width >= least]
    table = plain_table("series", ">candles", ">first (UTC)", ">last (UTC)", *(heading for _, heading in shown))
    length = _DAY if width < _COLUMNS[0][1] else _MINUTE
    for each in found:
        sizes = _sizes(each)
        cells = [str(each.months or words.NOTHING)]
        cells += [size(count) if count else words.NOTHING for count in (*sizes, sum(sizes))]
        table.add_row(
            str(each.series),
            words.count(each.candles),
            words.moment(each.first)[:length],
            words.moment(each.last)[:length],
            *(cells[place] for place, _ in shown),
        )
    return table
