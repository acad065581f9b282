"""`chandler doctor`: every finding on a line as it is found, or all as JSON."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from console import words
from console.doctor.examine import Line, examine
from console.doctor.finding import Subject, failure
from console.doctor.opening import read_file
from shared.config import Settings, load_settings
from shared.database import open_database
from shared.errors import ConfigError

_STYLES = {"ok": "green", "warning": "yellow", "failure": "bold red", "skipped": "dim"}
_NAME_WIDTH, _VERDICT_WIDTH = 14, 8


def run_doctor(environ: Mapping[str, str] = os.environ, *, as_json: bool, quick: bool, strict: bool) -> int:
    """Print what is found; 1 on a failure, with `strict` on a warning, too."""
    found = lines(environ, quick=quick)
    told = list(found) if as_json else list(_shown(found))
    counts = Counter[str](line.finding.verdict for line in told)
    if as_json:
        print(json.dumps({"verdict": verdict(counts), "counts": dict(counts), "findings": _json(told)}, indent=2))
    bad = {"failure", "warning"} if strict else {"failure"}
    return 1 if bad & counts.keys() else 0


def lines(environ: Mapping[str, str], *, quick: bool) -> Iterator[Line]:
    """What is found, of the configured database; nothing else without a configuration that can be read."""
    try:
        settings = load_settings(environ)
    except ConfigError as error:
        yield Line("configuration", failure(str(error), "correct it: every other check depends on it"))
        return
    yield from examine(subject_of(settings, quick=quick))


def subject_of(settings: Settings, *, quick: bool) -> Subject:
    """What is configured, opened so that nothing can change."""
    url = make_url(settings.database_url())
    if url.get_backend_name() == "sqlite":
        file = Path(url.database or "")
        return Subject(settings, file, partial(read_file, file), quick)
    return Subject(settings, None, partial(_read_server, settings), quick)


def verdict(counts: Mapping[str, int]) -> str:
    """The worst that was found."""
    return next((each for each in ("failure", "warning") if counts.get(each)), "ok")


@contextmanager
def _read_server(settings: Settings) -> Iterator[Connection]:
    database = open_database(settings.database_url(), busy_timeout_ms=settings.database.busy_timeout_ms, readers=1)
    try:
        with database.read() as connection:
            yield connection
    finally:
        database.close()


def _shown(found: Iterable[Line]) -> Iterator[Line]:
    terminal = Console(highlight=False)
    counts, before = Counter[str](), ""
    for line in found:
        terminal.print(_row("" if line.check == before else line.check, line))
        before = line.check
        counts[line.finding.verdict] += 1
        yield line
    terminal.print(_summary(counts))


def _row(name: str, line: Line) -> Table:
    row = Table.grid(padding=(0, 1))
    row.add_column(width=_VERDICT_WIDTH)
    row.add_column(width=_NAME_WIDTH)
    row.add_column(overflow="fold", ratio=1)
    _, told, todo = line.finding
    style = _STYLES[line.finding.verdict]
    row.add_row(Text(line.finding.verdict, style), name, Text(words.printable(told), "dim" * (style == "dim")))
    if todo:
        row.add_row("", "", Text(f"-> {words.printable(todo)}", "cyan"))
    return row


def _summary(counts: Mapping[str, int]) -> Padding:
    several = {"warning": "warnings", "failure": "failures"}
    parts = [
        Text(f"{count} {several.get(each, each) if count != 1 else each}", _STYLES[each])
        for each in _STYLES
        if (count := counts.get(each, 0))
    ]
    return Padding(Text(" · ").join(parts), (1, 0, 0, 0))


def _json(found: Iterable[Line]) -> list[dict[str, str]]:
    return [{"check": check, "verdict": each.verdict, "told": each.told, "todo": each.todo} for check, each in found]
