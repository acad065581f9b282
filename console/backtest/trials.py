"""Many tests of one strategy, whatever they are for: prepared, run with a progress bar, sorted out and told."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from math import inf
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from console import words
from console.backtest.source import opened
from console.backtest.wish import Plan, pairs, value_of
from shared.config import Settings
from shared.errors import ConfigError, StopError, StrategyError
from shared.trading import Strategy
from trader.backtest.grid import (
    Failed,
    Found,
    Job,
    Setting,
    combinations,
    in_parallel,
    mapped,
    on_disk,
    with_parameters,
)
from trader.loading import load

#: So many rows of a table, or lines of what failed.
SHOWN = 20
_FIGURES = {"return": "total_return", "sharpe": "sharpe", "sortino": "sortino", "calmar": "calmar"}

#: The values of each parameter that is tried.
Values = dict[str, list[Any]]
#: Runs jobs with a progress bar.
Run = Callable[[Sequence[Job], str], list[Found | Failed]]


def values_of(grid: Sequence[str]) -> Values:
    """`window=10,14,20` -> window: 10, 14, 20; a strategy's name before a dot is left out: `rsi.window=10`."""
    found = {}
    for name, text in pairs(grid, "--grid").items():
        found[name.rpartition(".")[2]] = [value_of(each.strip()) for each in text.split(",") if each.strip()]
    if empty := [name for name, values in found.items() if not values]:
        raise ConfigError(f"--grid {empty[0]}: write its values after =, as 10,14,20")
    return found


@contextmanager
def prepared(plan: Plan, settings: Settings, values: Values, jobs: int | None) -> Iterator[tuple[Run, tuple[int, int]]]:
    """The candles on disk, what runs jobs on them, and from and to when they are there (ms)."""
    if plan.wanted.engine != "native":
        raise ConfigError("a grid is run by the native engine; leave --engine away")
    strategy = _slowest(plan, settings, combinations(values))
    with opened(plan, settings, strategy) as source, on_disk(source.frames) as directory:
        market, strategies = plan.market(source.market), settings.paths.strategies
        setting = Setting(plan.wanted, plan.backtest, market, strategies, tuple(source.breaks))
        yield _running(setting, directory, jobs or os.cpu_count() or 1), _extent(plan, directory)


def _slowest(plan: Plan, settings: Settings, choices: Sequence[dict[str, Any]]) -> Strategy:
    """The strategy with the longest warm-up; StrategyError, before anything begins, if all of them are wrong."""
    found, wrong = list[Strategy](), list[StrategyError]()
    for each in choices:
        try:
            found.append(load(with_parameters(plan.wanted, each), settings.paths.strategies))
        except StrategyError as error:
            wrong.append(error)
    if not found:
        raise wrong[0]
    return max(found, key=lambda each: each.warm_up)


def _running(setting: Setting, directory: Path, processes: int) -> Run:
    def run(jobs: Sequence[Job], what: str) -> list[Found | Failed]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(what, total=len(jobs))
            return in_parallel(setting, directory, jobs, processes, lambda: progress.advance(task))

    return run


def _extent(plan: Plan, directory: Path) -> tuple[int, int]:
    """From the open of the first candle to the end of the last (ms); StopError if none lies in the time asked for."""
    times, start, end = mapped(directory).timestamps, plan.backtest.start or 0, plan.backtest.end
    if times[-1] < start or (end is not None and times[0] >= end):
        raise StopError(f"there are no candles of {plan.wanted.series} in that time")
    return int(times[0]), int(times[-1]) + plan.wanted.series.step


def score_by(by: str) -> Callable[[Found], float]:
    """What is not defined is worst."""

    def score(found: Found) -> float:
        value = getattr(found.performance, _FIGURES[by])
        return -inf if value is None else float(value)

    return score


def sorted_out(results: Sequence[Found | Failed]) -> tuple[list[Found], list[Failed]]:
    found = [each for each in results if isinstance(each, Found)]
    return found, [each for each in results if isinstance(each, Failed)]


def best_of(results: Sequence[Found | Failed], by: str) -> Found:
    found, failed = sorted_out(results)
    if not found:
        raise StopError(f"{_named(failed[0].job)}: {failed[0].error}")
    return max(found, key=score_by(by))


def tell_failed(failed: Sequence[Failed]) -> None:
    for each in failed[:SHOWN]:
        print(f"chandler: {_named(each.job)} failed: {each.error}", file=sys.stderr)
    if len(failed) > SHOWN:
        print(f"chandler: and {len(failed) - SHOWN:,} more failed", file=sys.stderr)


def _named(job: Job) -> str:
    return ", ".join(f"{name}={value}" for name, value in job.parameters.items()) or "the test"


def values_in(found: Found) -> list[str]:
    return [str(value) for value in found.job.parameters.values()]


def risk_in(found: Found) -> tuple[str, str, str]:
    figures = found.performance
    return words.ratio(figures.sharpe), words.percent(figures.max_drawdown, 1), words.count(found.trades)


def found_json(found: Found) -> dict[str, Any]:
    return {
        "parameters": dict(found.job.parameters),
        "start_ms": found.job.start,
        "end_ms": found.job.end,
        "equity": found.equity,
        "closed_trades": found.trades,
        "trades_sha256": found.sha256,
        "performance": asdict(found.performance),
        "buy_and_hold": found.hold,
    }


def failed_json(failed: Failed) -> dict[str, Any]:
    return {"parameters": dict(failed.job.parameters), "error": failed.error}
