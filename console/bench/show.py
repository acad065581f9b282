"""`chandler bench store` on a terminal, or as JSON."""

import json
import os
import platform
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from console.bench.figures import Figure
from console.bench.store import measure
from console.tables import plain_table
from console.words import several
from shared.database.sqlite import library
from shared.errors import StopError

_WIDE = 110


def show_store(directory: Path, scale: float, *, as_json: bool, strict: bool) -> int:
    """Measure, and print each figure; 1 if a goal is missed and `strict`.

    StopError where there is no such directory, or no room in it.
    """
    beside = _existing(directory)
    figures = list(measure(beside, scale, _progress(sys.stderr.isatty())))
    missed = sum(figure.met is False for figure in figures)
    if as_json:
        print(
            json.dumps({"machine": machine(), "scale": scale, "figures": [asdict(each) for each in figures]}, indent=2)
        )
    else:
        terminal = Console()
        terminal.print(table(figures, terminal.width))
        verdict = f"{several(missed, 'goal')} missed" if missed else "every goal met"
        terminal.print(Text.assemble(f"{machine()} · ", (verdict, "red" if missed else "green")))
    return 1 if strict and missed else 0


def table(figures: Iterable[Figure], width: int) -> Table:
    """What was measured with its goal below it; on a wide terminal also what it stands beside."""
    wide = width >= _WIDE
    drawn = plain_table("what", "measured, and the goal", *(["the driver alone, or afresh"] if wide else []), "")
    drawn.columns[0].no_wrap = False
    for figure in figures:
        measured = Text(figure.measured)
        if figure.goal:
            measured.append(f"\n{figure.goal}", "dim")
        mark = Text() if figure.met is None else Text("met", "green") if figure.met else Text("MISSED", "red")
        drawn.add_row(figure.what, measured, *([figure.beside] if wide else []), mark)
    return drawn


def machine() -> str:
    """What it was measured on: figures of two machines can't be compared."""
    load, *_ = os.getloadavg()
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}"
    return f"{where}, Python {platform.python_version()}, SQLite {library().sqlite_version}"


def _existing(directory: Path) -> Path:
    """The directory, or the nearest above it that is there: beside the data is the same disk."""
    found = next((each for each in (directory, *directory.absolute().parents) if each.is_dir()), None)
    if found is None or not os.access(found, os.W_OK):
        raise StopError(f"{directory} can't be written to: name another directory with --dir")
    return found


def _progress(is_terminal: bool) -> Callable[[str], None]:  # noqa: FBT001
    """One line that is written over; nothing where nobody watches."""

    def tell(what: str) -> None:
        if is_terminal:
            print(f"\r\033[K{what} ...", end="", file=sys.stderr, flush=True)

    return tell
