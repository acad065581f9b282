"""Accounts of series as tables for a terminal. Pure."""

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from console import words
from console.candles.account import Account
from console.tables import STATES
from console.troubles import brief
from shared.market import Interval, Series

_MINUTE, _MINUTE_MS = len("2024-01-01 00:00"), 60_000
#: Heading (`>` is aligned right), and the columns a terminal must have for it.
_COLUMNS = (
    ("series", 0),
    ("state", 0),
    (">rows", 0),
    (">first", 140),
    (">last", 140),
    (">age", 0),
    (">gaps", 0),
    (">missing", 0),
    (">empty", 0),
    (">unreachable", 120),
    (">size", 120),
)


def status_table(found: Sequence[Account], width: int) -> Table:
    """A line for each series; on a narrow terminal (columns) without what `--json` tells too."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for heading, least in _COLUMNS:
        if width >= least:
            right = heading.startswith(">")
            table.add_column(heading.removeprefix(">"), justify="right" if right else "left", no_wrap=True)
    for each in found:
        shown = zip(_cells(each), _COLUMNS, strict=True)
        table.add_row(*(cell for cell, (_, least) in shown if width >= least))
    return table


def gaps_table(found: Sequence[Account]) -> Table:
    """A line for each interval that is not fetched or can't be had; the reasons are `remarks`.

    It fits 80 columns, if need be with the time below its date.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    for heading in ("series", "from (UTC)", "to (UTC)", ">candles", "why"):
        right, breaks = heading.startswith(">"), heading.endswith("(UTC)")
        table.add_column(heading.removeprefix(">"), justify="right" if right else "left", no_wrap=not breaks)
    for each in found:
        lines = [(gap, "not fetched") for gap in each.gaps]
        lines += [(lost.interval, "unreachable") for lost in each.unreachable]
        for interval, why in sorted(lines):
            table.add_row(*_interval_cells(each.series, interval), why)
    return table


def remarks(found: Sequence[Account]) -> Text:
    """What the table has no room for: stopped series, what can't be had, rows that were refused."""
    lines = []
    for each in found:
        if each.state == "stopped":
            lines.append(Text.assemble(str(each.series), " ", ("stopped", "red"), f": {brief(each.reason)}"))
        if each.unreachable:
            why = "; ".join(dict.fromkeys(lost.reason for lost in each.unreachable))
            lines.append(Text(f"{each.series}: {words.several(each.unreachable_candles, 'candle')} unreachable: {why}"))
        if each.refused:
            lines.append(Text(f"{each.series}: {words.several(each.refused, 'row')} refused, see `quarantine`"))
    return Text("\n").join(lines)


def size(count: int) -> str:
    """Bytes in the largest unit that fits: 812 kB, 45 MB, 4.5 GB."""
    for unit, length in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= length:
            return f"{count / length:.1f} {unit}" if count < 10 * length else f"{count // length:,} {unit}"
    return f"{count} B"


def _cells(each: Account) -> tuple[str | Text, ...]:
    return (
        str(each.series),
        Text(each.state, STATES.get(each.state, "")),
        words.count(each.rows),
        words.moment(each.first)[:_MINUTE],
        words.moment(each.last)[:_MINUTE],
        words.duration(each.lag_ms),
        str(len(each.gaps) or words.NOTHING),
        words.count(each.missing) if each.missing else words.NOTHING,
        words.count(each.confirmed_empty) if each.confirmed_empty else words.NOTHING,
        words.count(each.unreachable_candles) if each.unreachable_candles else words.NOTHING,
        size(each.size_bytes) if each.rows else words.NOTHING,
    )


def _interval_cells(series: Series, interval: Interval) -> tuple[str, ...]:
    candles = (interval.end - interval.start) // series.step
    shown = _MINUTE if series.step >= _MINUTE_MS else None
    return (str(series), *(words.moment(time)[:shown] for time in interval), words.count(candles))
