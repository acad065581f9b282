"""Strategies and what a check found of them, as tables for a terminal. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from console import words

if TYPE_CHECKING:
    from console.strategies.check import Checked
    from console.strategies.list import Listed

#: Heading (`>` is aligned right), and the columns a terminal must have for it.
_REPORT = (
    ("strategy", 0),
    (">candles", 0),
    (">warm-up", 80),
    (">buys", 0),
    (">sells", 0),
    (">ms", 0),
    (">longest", 90),
    ("verdict", 0),
)


def listing(found: "Sequence[Listed]") -> Table:
    """A line for each parameter of each strategy."""
    table = _table("strategy", "from", "parameter", "type", "allowed", "default")
    for each in found:
        first = (each.name, "shipped" if each.shipped else "yours")
        lines = [
            (each.name, each.kind, each.bounds, "required" if each.required else str(each.default))
            for each in each.parameters
        ] or [(words.NOTHING,) * 4]
        for number, line in enumerate(lines):
            table.add_row(*(first if number == 0 else ("", "")), *line)
    return table


def reports(found: "Sequence[Checked]", width: int) -> Table:
    """A line for each strategy that was checked; on a narrow terminal (columns) without what `--json` tells too."""
    shown = [heading for heading, least in _REPORT if width >= least]
    table = _table(*shown)
    for each in found:
        cells = dict(zip((heading for heading, _ in _REPORT), _cells(each), strict=True))
        table.add_row(*(cells[heading] for heading in shown))
    return table


def complaints(found: "Sequence[Checked]") -> Text:
    """What is wrong with each strategy, what is worth knowing, and which were shown made-up candles."""
    lines = [
        Text.assemble(
            f"{each.wanted.id}: ", (finding.what, "red" if finding.is_wrong else "yellow"), f": {finding.text.rstrip()}"
        )
        for each in found
        for finding in each.report.findings
    ]
    made_up = dict.fromkeys((each.source, str(each.wanted.series)) for each in found if each.source.startswith("walk"))
    lines += [Text(f"too few candles of {series} are stored: a random {source}", "dim") for source, series in made_up]
    return Text("\n").join(lines)


def _cells(each: "Checked") -> tuple[str | Text, ...]:
    report = each.report
    numbers = [words.count(number) for number in (report.candles, report.warm_up, report.buys, report.sells)]
    times = [f"{report.median_ms:.2f}", f"{report.longest_ms:.2f}"]
    verdict = Text("good", "green") if report.is_good else Text("wrong", "red")
    return (each.wanted.id, *numbers, *times, verdict)


def _table(*headings: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for heading in headings:
        right = heading.startswith(">")
        table.add_column(heading.removeprefix(">"), justify="right" if right else "left", no_wrap=heading != "allowed")
    return table
