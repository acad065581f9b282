"""`--grid`: a test for each combination of values, best first."""

import json
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from console import words
from console.backtest import trials
from console.backtest.wish import Plan
from console.tables import plain_table
from shared.config import Settings
from trader.backtest.grid import Found, Job, combinations


def show_grid(plan: Plan, settings: Settings, grid: Sequence[str], by: str, jobs: int | None, *, as_json: bool) -> int:
    """A test for each combination, best first; those that fail are told, and end nothing."""
    values = trials.values_of(grid)
    with trials.prepared(plan, settings, values, jobs) as (run, _):
        results = run([Job(each) for each in combinations(values)], "tests")
    found, failed = trials.sorted_out(results)
    found.sort(key=trials.score_by(by), reverse=True)
    if as_json:
        print(json.dumps([*map(trials.found_json, found), *map(trials.failed_json, failed)], indent=2))
    elif found:
        Console().print(grid_table(found, by))
    trials.tell_failed(failed)
    return 0 if found else 1


def grid_table(found: Sequence[Found], by: str) -> Table:
    """The best of a grid."""
    drawn = plain_table(*found[0].job.parameters, ">return", ">Sharpe", ">drawdown", ">trades", ">equity")
    drawn.padding = (0, 1, 0, 0)
    drawn.title = f"best by {by}"
    for each in found[: trials.SHOWN]:
        figures, equity = each.performance, f"{float(each.equity):,.2f}"
        drawn.add_row(*trials.values_in(each), words.percent(figures.total_return, 1), *trials.risk_in(each), equity)
    if len(found) > trials.SHOWN:
        drawn.caption = f"the best {trials.SHOWN} of {words.count(len(found))}; --json has all"
    return drawn
