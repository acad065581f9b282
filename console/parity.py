"""`chandler parity`: whether a backtest decides as a trader would have, candle by candle."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from console import words
from console.backtest.run import outcome_of
from console.backtest.source import Source, opened
from console.backtest.wish import Plan, Wish, configured, planned
from console.tables import plain_table
from shared.market import Frame, Market
from shared.trading import Strategy
from trader.backtest.grid import mapped, on_disk
from trader.backtest.ledger import Decided
from trader.backtest.outcome import Outcome
from trader.loading import load
from trader.parity import Parity, compared, rows_of

_SHOWN = 10
#: The bar moves after so many candles.
_OFTEN = 500


def show_parity(wish: Wish, restarts: int, seed: int, *, as_json: bool) -> int:
    """Run a strategy both ways and print what differs; 1 if anything does."""
    settings = configured(wish, os.environ)
    plan = planned(wish, settings)
    began = perf_counter()

    def fresh() -> Strategy:
        return load(plan.wanted, settings.paths.strategies)

    with opened(plan, settings, fresh()) as source, on_disk(source.frames) as directory:
        history = mapped(directory)
        with TemporaryDirectory(prefix="chandler-parity-") as scratch, _progress(plan, history) as done:
            found = compared(
                plan.backtest,
                fresh,
                history,
                plan.market(source.market),
                Path(scratch),
                _test(plan, source),
                restarts=restarts,
                seed=seed,
                breaks=source.breaks,
                done=done,
            )
    if as_json:
        print(json.dumps(_as_json(found, seed), indent=2))
    else:
        _draw(found, seed, perf_counter() - began, Console())
    return int(not found.is_good)


def _test(plan: Plan, source: Source) -> Callable[[Strategy, Frame, Market], Outcome]:
    return lambda strategy, history, _: outcome_of(plan, strategy, replace(source, frames=iter([history])))


@contextmanager
def _progress(plan: Plan, history: Frame) -> Iterator[Callable[[int], None]]:
    """A bar on standard error that follows the live side."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    rows = rows_of(plan.backtest, history)
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("candle by candle", total=len(rows))

        def done(row: int) -> None:
            if row % _OFTEN == 0:
                progress.update(task, completed=row + 1 - rows.start)

        yield done


def _draw(found: Parity, seed: int, seconds: float, terminal: Console) -> None:
    backtest, candles = found.outcome.backtest, words.several(found.live.candles, "candle")
    terminal.print(Text.assemble((backtest.strategy_id, "bold"), f" on {backtest.series} · {candles}"))
    anew = words.several(len(found.restarts), "time")
    terminal.print(Text(f"live side started anew {anew}, seed {seed}; {seconds:.0f} s", "dim"))
    terminal.print(_sides(found))
    for text in _complaints(found):
        terminal.print(text, soft_wrap=True)
    verdict = Text("nothing differs", "green") if found.is_good else Text("they differ", "red")
    terminal.print(verdict)


def _sides(found: Parity) -> Table:
    drawn = plain_table("", ">signals", ">fills", ">equity", "closed trades, sha256")
    one, other = found.outcome, found.live.ledger
    last = one.last_close
    sides = (
        ("backtest", len(one.signals), len(one.fills), one.equity, one.sha256()),
        ("live", len(other.signals), len(other.trades), other.books.equity(last) if last else None, found.live_sha256),
    )
    for name, signals, fills, equity, sha256 in sides:
        drawn.add_row(name, words.count(signals), words.count(fills), words.money(equity), sha256[:16])
    return drawn


def _complaints(found: Parity) -> Iterator[Text]:
    """What differs, the first of it."""
    if found.asked:
        yield Text(f"only one side was asked on {words.several(found.asked, 'candle')}", "red")
    for name, rows in found.columns.items():
        if rows:
            yield Text(f"the column {name!r} has another value on {words.several(rows, 'candle')}", "red")
    if found.differences:
        yield Text(f"{words.several(len(found.differences), 'signal')} differ; the first:", "red")
    for each in found.differences[:_SHOWN]:
        yield Text(f"  {words.moment(each.candle)}  backtest: {_said(each.backtest)}")
        yield Text(f"{'':25}  live: {_said(each.live)}")


def _said(decided: Decided | None) -> str:
    if decided is None:
        return "nothing"
    return f"{decided.side.value}, {words.printable(decided.reason) or 'no reason'}; {decided.outcome}"


def _as_json(found: Parity, seed: int) -> dict[str, Any]:
    backtest = found.outcome.backtest
    return {
        "strategy_id": backtest.strategy_id,
        **asdict(backtest.series),
        "is_good": found.is_good,
        "candles": found.live.candles,
        "seed": seed,
        "restarts_ms": list(found.restarts),
        "signals": {"backtest": len(found.outcome.signals), "live": len(found.live.ledger.signals)},
        "fills": {"backtest": len(found.outcome.fills), "live": len(found.live.ledger.trades)},
        "trades_sha256": {"backtest": found.outcome.sha256(), "live": found.live_sha256},
        "asked_by_one_only": found.asked,
        "columns_that_differ": dict(found.columns),
        "differences": [
            {"candle": each.candle, "backtest": _plain(each.backtest), "live": _plain(each.live)}
            for each in found.differences
        ],
    }


def _plain(decided: Decided | None) -> dict[str, Any] | None:
    return None if decided is None else decided._asdict() | {"side": decided.side.value}
