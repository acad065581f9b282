"""Running what was asked for, and showing it."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from pydantic import BaseModel
from rich.console import Console

from console import words
from console.backtest.source import Source, opened
from console.backtest.tables import headline, months_table, performance_table, trades_table
from console.backtest.wish import Plan, Wish, configured, planned
from shared.config import Settings
from shared.errors import StopError
from shared.market import Frame, Interval
from shared.trading import Strategy
from trader.backtest.outcome import Outcome
from trader.backtest.report import as_json as encoded
from trader.loading import load


@dataclass(frozen=True)
class Tested:
    """A test that was run: all parameters the strategy had, what was never fetched of its candles, how long it took."""

    outcome: Outcome
    parameters: Mapping[str, Any]
    gaps: list[Interval]
    seconds: float


def run_one(wish: Wish, *, as_json: bool, html: Path | None = None) -> int:
    """One test, shown as tables or as JSON; with `html` it is also written there as a page."""
    settings = configured(wish, os.environ)
    plan = planned(wish, settings)
    found = run_plan(plan, settings) if html is None else _reported(plan, settings, html)
    if as_json:
        gaps = [gap._asdict() for gap in found.gaps]
        of = {"strategy": plan.wanted.name, "parameters": found.parameters, "gaps": gaps}
        print(json.dumps(encoded(found.outcome) | of, indent=2))
    else:
        _draw(found.outcome, found.seconds, Console())
    return 0


def run_plan(plan: Plan, settings: Settings, watch: Callable[[Iterable[Frame]], Iterator[Frame]] = iter) -> Tested:
    """Run a test, whose candles `watch` hands on; the time includes reading."""
    strategy = load(plan.wanted, settings.paths.strategies)
    had = getattr(strategy, "parameters", None)
    parameters = had.model_dump(mode="json") if isinstance(had, BaseModel) else plan.wanted.parameters
    with opened(plan, settings, strategy) as source:
        if source.gaps:
            _tell_gaps(source.gaps)
        began = perf_counter()
        outcome = outcome_of(plan, strategy, replace(source, frames=watch(source.frames)))
    if not outcome.kept.candles:
        raise StopError(f"there are no candles of {plan.wanted.series} in that time")
    return Tested(outcome, parameters, source.gaps, perf_counter() - began)


def _reported(plan: Plan, settings: Settings, html: Path) -> Tested:
    """The same, its candles kept in as many as can be drawn."""
    from console.backtest.report import Report, Thinned, write  # noqa: PLC0415 - only for those who ask

    candles = Thinned(plan.wanted.series.step, plan.backtest.start, plan.backtest.end)
    found = run_plan(plan, settings, candles.watch)
    source = str(plan.file or "the database and its archive")
    size = write(Report(found.outcome, plan.wanted.name, found.parameters, candles, found.gaps, source), html)
    print(f"chandler: {html} is written, {size / 1e6:.1f} MB; it opens without a network", file=sys.stderr)
    return found


def run_grid(wish: Wish, grid: Sequence[str], by: str, jobs: int | None, *, as_json: bool) -> int:
    """A test for each combination of parameters."""
    from console.backtest.grid import show_grid  # noqa: PLC0415 - multiprocessing and rich's progress

    settings = configured(wish, os.environ)
    return show_grid(planned(wish, settings), settings, grid, by, jobs, as_json=as_json)


def run_walk(wish: Wish, grid: Sequence[str], walk: str, by: str, jobs: int | None, *, as_json: bool) -> int:
    """Choose parameters on one stretch, trade the next with them, and so on."""
    from console.backtest.walk import show_walk  # noqa: PLC0415

    settings = configured(wish, os.environ)
    return show_walk(planned(wish, settings), settings, grid, walk, by, jobs, as_json=as_json)


def outcome_of(plan: Plan, strategy: Strategy, source: Source) -> Outcome:
    """Run the test on the engine it asks for."""
    market = plan.market(source.market)
    if plan.wanted.engine == "backtrader":
        from trader.bt.run import run as run_inside  # noqa: PLC0415 - heavy, and only for those who ask

        return run_inside(plan.backtest, strategy, source.frames, market, breaks=source.breaks)
    from trader.backtest.engine import run  # noqa: PLC0415

    return run(plan.backtest, strategy, source.frames, market, breaks=source.breaks)


def _tell_gaps(gaps: list[Interval]) -> None:
    minutes = sum(gap.end - gap.start for gap in gaps) / 60_000
    print(
        f"chandler: never fetched: {words.several(len(gaps), 'gap')}, {minutes:,.0f} minutes in all; nothing is decided"
        " behind one until the warm-up is there again. `chandler history update --from` fetches them.",
        file=sys.stderr,
    )


def _draw(outcome: Outcome, seconds: float, terminal: Console) -> None:
    terminal.print(headline(outcome, seconds))
    terminal.print(performance_table(outcome))
    terminal.print(months_table(outcome, terminal.width))
    if outcome.trades:
        terminal.print(trades_table(outcome))
