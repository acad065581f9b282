"""The page put together: the console's look, the parts that stand by themselves, and what its script draws."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from console import words
from console.backtest.report import sections
from console.backtest.report.candles import Thinned
from console.backtest.report.drawing import drawing
from shared.errors import StopError
from shared.market import Interval
from trader.backtest.outcome import Outcome

_SCRIPTS = ("numbers.js", "pane.js", "charts.js", "moving.js", "trades.js")


@dataclass(frozen=True)
class Report:
    """A test and what it was made of: the strategy's name and all its parameters, its candles, where they came from
    and which of them were never fetched."""

    outcome: Outcome
    name: str
    parameters: Mapping[str, Any]
    candles: Thinned
    gaps: Sequence[Interval]
    source: str


def write(report: Report, path: Path) -> int:
    """Write the page, whole or not at all, and give its bytes; StopError if it can't be written."""
    text = page(report).encode()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        unfinished.write_bytes(text)
        unfinished.replace(path)
    except OSError as error:
        raise StopError(f"can't write {path}: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return len(text)


def page(report: Report) -> str:
    """One file that needs no other: the browser is told to load nothing."""
    outcome, gaps, candles = report.outcome, report.gaps, report.candles
    backtest = outcome.backtest
    return Template(_text("page.html")).substitute(
        title=escape(f"{backtest.strategy_id} on {backtest.series}"),
        strategy=escape(backtest.strategy_id),
        subtitle=escape(_subtitle(report)),
        style=(files("console") / "web" / "static" / "console.css").read_text(encoding="utf-8") + _text("report.css"),
        notices=sections.notices(outcome, gaps),
        cards=sections.cards(outcome),
        months=sections.monthly(outcome),
        figures=sections.figures(outcome),
        signals=sections.signals(outcome),
        data=sections.data(outcome, candles.count, gaps, report.source),
        parameters=sections.settings({"strategy": report.name, **report.parameters}),
        costs=sections.costs(outcome),
        limits=sections.limits(outcome),
        digest=outcome.sha256(),
        drawing=_embedded(drawing(outcome, candles.frame, candles.step, gaps)),
        script="".join(map(_text, _SCRIPTS)),
    )


def _subtitle(report: Report) -> str:
    backtest, times = report.outcome.backtest, report.outcome.kept.times
    if not len(times):
        return f"{report.name} on {backtest.series}, without a candle"
    first, last = words.moment(int(times[0]) - backtest.series.step), words.moment(int(times[-1]))
    return f"{report.name} on {backtest.series} · {first[:16]} to {last[:16]} UTC"


def _text(name: str) -> str:
    return (files("console.backtest.report") / name).read_text(encoding="utf-8")


def _embedded(values: Any) -> str:
    """JSON that can't end the element it stands in."""
    return json.dumps(values, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
