"""What the demo shows: a live table on a terminal, a plain line every few seconds elsewhere."""

from collections.abc import Sequence
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from console.demo.children import Child
from console.tables import series_table, strategies_table, totals
from shared.overview import Overview

_LINE_EVERY_MS = 5_000


class Screen(Protocol):
    """Something that shows the demo's state, again and again."""

    def show(self, overview: Overview, children: Sequence[Child], elapsed: float) -> None:
        """Show this state; `elapsed` in seconds."""


class LiveTable:
    """Redraws in place."""

    def __init__(self, live: Live, url: str) -> None:
        self._live, self._url = live, url

    def show(self, overview: Overview, children: Sequence[Child], elapsed: float) -> None:
        """Redraw."""
        self._live.update(picture(overview, children, elapsed, self._url, self._live.console.width), refresh=True)


class PlainLines:
    """Prints a line now and then, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console, self._next_ms = console, 0

    def show(self, overview: Overview, children: Sequence[Child], elapsed: float) -> None:
        """Print a line if the last one is old."""
        if overview.at_ms >= self._next_ms:
            self._next_ms = overview.at_ms + _LINE_EVERY_MS
            self._console.print(line(overview, children, elapsed), soft_wrap=True, highlight=False)


def picture(overview: Overview, children: Sequence[Child], elapsed: float, url: str, width: int) -> RenderableType:
    """The whole table, for a terminal of `width` columns."""
    head = Text.assemble(("Chandler demo", "bold"), f" · {elapsed:,.0f} s · ", (url, "cyan underline"))
    foot = Text("Ctrl-C ends it", style="dim")
    parts = (series_table(overview.series), strategies_table(overview.strategies, width), totals(overview))
    return Group(head, *parts, processes(children), foot)


def processes(children: Sequence[Child]) -> Text:
    """Each process with a dot: green while it runs."""
    text = Text()
    for child in children:
        running = child.state == "running"
        text.append("● ", "green" if running else "red").append(child.name)
        text.append("   " if running else f" {child.state}   ")
    return text


def line(overview: Overview, children: Sequence[Child], elapsed: float) -> Text:
    """Everything in one line."""
    live = sum(view.state == "live" for view in overview.series)
    running = sum(child.state == "running" for child in children)
    return Text.assemble(
        f"{elapsed:4.0f} s  ",
        totals(overview),
        f" · {live}/{len(overview.series)} series live · {running}/{len(children)} processes",
    )
