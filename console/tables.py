"""The overview as tables for a terminal, for `status` and the demo alike. Pure: values in, renderables out."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from rich import box
from rich.table import Table
from rich.text import Text

from console import words
from console.troubles import brief, exchange_troubles, held_back
from shared.overview import Overview, SeriesView, StrategyView

STATES = {"live": "green", "behind": "yellow", "empty": "yellow", "stopped": "red"}
_STATUSES = {"active": "green", "reducing": "yellow", "halted": "red", "retired": "dim"}
_WIDE = 110
#: Heading (`>` is aligned right), and whether it needs a wide terminal.
_STRATEGY_COLUMNS = (
    ("strategy", False),
    ("on", False),
    ("status", True),
    ("trader", True),
    (">signals", False),
    (">trades", False),
    (">position", True),
    (">equity", False),
    (">realized", True),
    (">P&L", False),
)


def series_table(views: Iterable[SeriesView]) -> Table:
    """Candles and lag of each series."""
    table = plain_table("series", "state", ">candles", ">newest (UTC)", ">lag", ">gaps")
    for view in views:
        table.add_row(
            str(view.series),
            Text(view.state, STATES.get(view.state, "")),
            words.count(view.candles),
            words.clock(view.watermark),
            words.duration(view.lag_ms),
            str(view.gaps or words.NOTHING),
        )
    return table


def strategies_table(views: Iterable[StrategyView], width: int) -> Table:
    """Signals, trades and profit of each strategy; on a narrow terminal (columns) without what can be missed."""
    table = plain_table(*(heading for heading, wide_only in _STRATEGY_COLUMNS if width >= _WIDE or not wide_only))
    for view in views:
        cells: tuple[str | Text, ...] = (
            view.strategy_id,
            f"{view.series.symbol} {view.series.timeframe}{' live' if view.broker == 'live' else ''}",
            Text(view.status, _STATUSES.get(view.status, "")),
            words.owner(view.owner),
            words.count(view.signals),
            words.count(view.trades),
            words.quantity(view.position.amount),
            words.money(view.equity),
            profit(view.position.realized_pnl),
            profit(view.pnl),
        )
        shown = zip(cells, _STRATEGY_COLUMNS, strict=True)
        table.add_row(*(cell for cell, (_, wide_only) in shown if width >= _WIDE or not wide_only))
    return table


def totals(overview: Overview) -> Text:
    """Everything in one line."""
    line = Text(
        f"{words.several(overview.candles, 'candle')} · {words.several(overview.signals, 'signal')}"
        f" · {words.several(overview.trades, 'trade')}"
    )
    for quote, amount in overview.pnl.items():
        line.append(" · P&L ").append(profit(amount)).append(f" {quote}")
    return line


def troubles(overview: Overview, clock_limits: Mapping[str, int]) -> Text:
    """Why exchanges, series, the desk and strategies stand still, each on a line of its own; empty if none does.

    `clock_limits`: of each exchange, how far its clock may be from ours, ms.
    """
    stopped = [(str(view.series), view.state, view.reason) for view in overview.series if view.state == "stopped"]
    halted = [(words.scope(row.scope), row.by, row.reason) for row in held_back(overview)]
    lines = [
        Text.assemble(name, " ", (what, "red" if is_bad else "yellow"), f": {why}")
        for name, what, why, is_bad in exchange_troubles(overview, clock_limits)
    ]
    lines += [
        Text.assemble(name, " ", (state, "red"), f": {brief(reason)}") for name, state, reason in stopped + halted
    ]
    lines += [
        Text.assemble(view.strategy_id, " ", ("refused", "yellow"), f": {brief(view.refusal)}")
        for view in overview.strategies
        if view.refusal
    ]
    return Text("\n").join(lines)


def profit(amount: Decimal | None) -> Text:
    """Green above nothing, red below."""
    return Text(words.signed(amount), "" if not amount else "green" if amount > 0 else "red")


def plain_table(*headings: str) -> Table:
    """An empty table; a heading that begins with `>` is aligned right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for heading in headings:
        right = heading.startswith(">")
        table.add_column(heading.removeprefix(">"), justify="right" if right else "left", no_wrap=True)
    return table
