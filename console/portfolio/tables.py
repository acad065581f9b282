"""The portfolio as tables for a terminal. Pure: values in, renderables out."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from console import words
from console.portfolio.figures import figures
from console.tables import plain_table, profit
from shared.portfolio import AccountView, PortfolioView, StrategyRow

_WIDE = 110
#: Heading (`>` is aligned right), and whether it needs a wide terminal.
_COLUMNS = (
    ("strategy", False),
    ("on", True),
    (">equity", False),
    (">realized", True),
    (">unrealized", True),
    (">P&L", False),
    (">share", False),
    (">return", False),
    (">hold", False),
    (">drawdown", False),
    (">won", False),
    (">fees", True),
)


def headline(found: PortfolioView, view: AccountView) -> Text:
    """What the account is worth, in three lines."""
    totals = view.totals
    strategies = words.several(totals.strategies, "strategy", "strategies")
    positions = words.several(totals.positions, "holding")
    line = Text.assemble((str(view.account), "bold"), f" · {strategies}, {positions}")
    line.append(f" · since {words.moment(found.since_us // 1_000)} UTC\n", "dim")
    line.append("equity ").append(words.money(totals.equity), "bold").append(f" = cash {words.money(totals.cash)}")
    line.append(f" + positions {words.money(totals.net)} (gross {words.money(totals.gross)})\n")
    line.append("P&L ").append(profit(totals.pnl)).append(" = realized ").append(profit(totals.realized))
    line.append(" + unrealized ").append(profit(totals.unrealized)).append(f", after fees {words.money(totals.fees)}")
    return line


def performance_table(found: PortfolioView, view: AccountView) -> Table:
    """Return and risk beside buy-and-hold's."""
    drawn = plain_table(f"{found.period} returns", ">portfolio", ">buy and hold", "", "trading", ">")
    risk, trading = figures(found, view.record)
    for index in range(max(len(risk), len(trading))):
        left = risk[index] if index < len(risk) else ("", "", "")
        right = trading[index] if index < len(trading) else ("", "")
        drawn.add_row(*left, "", *right)
    return drawn


def strategies_table(rows: Iterable[StrategyRow], width: int) -> Table:
    """Each strategy and its part in the whole, the best first; on a narrow terminal without what can be missed."""
    drawn = plain_table(*(heading for heading, wide_only in _COLUMNS if width >= _WIDE or not wide_only))
    drawn.padding = (0, 1, 0, 0)
    drawn.columns[0].no_wrap = False  # a long name gives way, a number never
    for row in rows:
        held, record = row.holding, row.record
        cells: tuple[str | Text, ...] = (
            held.strategy_id,
            held.symbol,
            words.money(held.cash + held.value(row.mark)),
            profit(held.position.realized_pnl),
            profit(held.unrealized(row.mark)),
            profit(held.pnl(row.mark)),
            words.percent(row.share, places=0),
            words.percent(record.performance.total_return, places=1),
            words.percent(record.benchmark.total_return, places=1),
            words.percent(record.performance.max_drawdown, places=1),
            words.percent(record.activity.win_rate, places=0, signed=False),
            words.money(held.position.fees),
        )
        shown = zip(cells, _COLUMNS, strict=True)
        drawn.add_row(*(cell for cell, (_, wide_only) in shown if width >= _WIDE or not wide_only))
    return drawn


def markets_table(view: AccountView) -> Table:
    """What is held in each market, at the mark."""
    drawn = plain_table("exposure", ">mark", ">net", ">gross", ">of equity", ">strategies")
    for each in view.exposures:
        if not each.gross:
            continue
        exchange, symbol = each.place
        share = float(each.net / view.totals.equity) if view.totals.equity > 0 else None
        drawn.add_row(
            f"{exchange} {symbol}",
            words.money(each.mark),
            words.money(each.net),
            words.money(each.gross),
            words.percent(share, places=0),
            words.count(each.strategies),
        )
    return drawn
