"""`--walk-forward`: parameters chosen on one stretch of time, traded on the next."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from rich.console import Console
from rich.table import Table

from console import words
from console.backtest import trials
from console.backtest.wish import Plan
from console.tables import plain_table
from shared.config import Settings
from shared.errors import ConfigError
from trader.backtest.grid import Found, Job, combinations

_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Step:
    """One step of a walk: the best of the training, and what it came to on the time after it."""

    trained: Found
    tested: Found


def show_walk(
    plan: Plan, settings: Settings, grid: Sequence[str], walk: str, by: str, jobs: int | None, *, as_json: bool
) -> int:
    """Choose on each stretch of training, test on the time after it."""
    values, (train_ms, test_ms) = trials.values_of(grid), days_of(walk)
    with trials.prepared(plan, settings, values, jobs) as (run, times):
        parts = list(windows(plan.backtest.start, plan.backtest.end, times, train_ms, test_ms))
        if not parts:
            raise ConfigError(f"--walk-forward {walk}: the candles are fewer than one training and one test")
        steps = walked(run, parts, combinations(values), by)
    total = _chained([step.tested.performance.total_return for step in steps])
    hold = _chained([step.tested.hold for step in steps])
    if as_json:
        told = [{"training": trials.found_json(step.trained), "test": trials.found_json(step.tested)} for step in steps]
        print(json.dumps({"steps": told, "total_return": total, "buy_and_hold": hold}, indent=2))
    else:
        whole = f"all tests one after the other: {words.percent(total)}, buy and hold {words.percent(hold)}"
        Console().print(walk_table(steps, by), whole)
    return 0


def walked(
    run: trials.Run, parts: Sequence[tuple[int, int, int]], choices: Sequence[dict[str, Any]], by: str
) -> list[Step]:
    """The best of each training, and its test. StopError where none of a training, or a test, could be done."""
    results = run([Job(each, start, middle) for start, middle, _ in parts for each in choices], "training")
    trainings = [results[at : at + len(choices)] for at in range(0, len(results), len(choices))]
    trials.tell_failed(trials.sorted_out(results)[1])
    best = [trials.best_of(each, by) for each in trainings]
    tests = [Job(won.job.parameters, *part[1:]) for won, part in zip(best, parts, strict=True)]
    tested = [trials.best_of([each], by) for each in run(tests, "testing")]
    return [Step(*pair) for pair in zip(best, tested, strict=True)]


def windows(
    start: int | None, end: int | None, times: tuple[int, int], train: int, test: int
) -> Iterator[tuple[int, int, int]]:
    """Begin, end of training and end of test (ms), moved on by a test each time; the last test may be shorter."""
    first, last = max(times[0], start or 0), min(times[1], times[1] if end is None else end)
    while first + train < last:
        yield first, first + train, min(first + train + test, last)
        first += test


def days_of(walk: str) -> tuple[int, int]:
    """`60/20` or `60d/20d` as ms of training and of test."""
    try:
        train, test = (round(float(part.strip().removesuffix("d")) * _DAY_MS) for part in walk.split("/"))
    except (ValueError, OverflowError):
        train = test = 0
    if train <= 0 or test <= 0:
        raise ConfigError(f"--walk-forward {walk}: write days of training and of test, as 60/20")
    return train, test


def _chained(returns: Sequence[float]) -> float:
    return prod(1 + each for each in returns) - 1


def walk_table(steps: Sequence[Step], by: str) -> Table:
    """What was chosen for each test, what it had made while it was chosen, and what it made then."""
    names = steps[0].tested.job.parameters
    heads = (">trained", ">tested", ">hold", ">Sharpe", ">drawdown", ">trades")
    drawn = plain_table("tested from", *names, *heads)
    drawn.padding = (0, 1, 0, 0)
    drawn.title = f"each test with the best of its training by {by}"
    for step in steps:
        returns = (step.trained.performance.total_return, step.tested.performance.total_return, step.tested.hold)
        start = words.moment(step.tested.job.start)[:10]
        gains = (words.percent(each, 1) for each in returns)
        drawn.add_row(start, *trials.values_in(step.tested), *gains, *trials.risk_in(step.tested))
    return drawn
