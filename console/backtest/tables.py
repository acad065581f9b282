"""A test as tables for a terminal. Pure: values in, renderables out."""

from collections.abc import Iterator
from itertools import groupby, zip_longest
from math import prod

from rich.table import Table
from rich.text import Text

from console import words
from console.tables import plain_table, profit
from shared.portfolio import Performance
from shared.trading import State
from trader.backtest.outcome import Outcome
from trader.backtest.report import months, period_us, record
from trader.closing import is_tradable

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SHOWN, _WIDE = 8, 100
_DAY_US = 24 * 3_600_000_000
_MONTH_DAYS = 30


def headline(outcome: Outcome, seconds: float) -> Text:
    """What was tested, and what it came to."""
    kept, backtest = outcome.kept, outcome.backtest
    candles = words.several(kept.candles, "candle")
    line = Text.assemble((backtest.strategy_id, "bold"), f" on {backtest.series} · {candles}")
    if len(kept.times):
        first = int(kept.times[0]) - backtest.series.step
        line.append(f"\n{words.moment(first)} to {words.moment(int(kept.times[-1]))} UTC", "dim")
        line.append(f" · {seconds:.2f} s, {words.count(round(kept.candles / max(seconds, 1e-9)))} candles/s", "dim")
    line.append("\nequity ").append(words.money(outcome.equity), "bold").append(f" {backtest.quote} of ")
    line.append(words.money(backtest.cash)).append(", ").append(profit(outcome.equity - backtest.cash))
    if is_tradable(outcome.books.position, outcome.market):
        line.append(f", {words.quantity(outcome.books.position.amount)} still held")
    if outcome.state.state is not State.ACTIVE:
        line.append(f"\n{outcome.state.words}", "yellow")
    return line


def performance_table(outcome: Outcome) -> Table:
    """Return and risk beside buy-and-hold's, and the trading."""
    drawn = plain_table(f"{period(outcome)} returns", ">strategy", ">buy and hold", "", "trading", ">")
    drawn.padding = (0, 1, 0, 0)
    for left, right in zip_longest(risk(outcome), trading(outcome), fillvalue=None):
        drawn.add_row(*(left or ("", "", "")), "", *(right or ("", "")))
    return drawn


def period(outcome: Outcome) -> str:
    """Of what the returns are."""
    return "daily" if period_us(outcome) == _DAY_US else "hourly"


def risk(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Return and risk: a name, the strategy's, buy-and-hold's."""
    found, kept = record(outcome), outcome.kept
    long = kept.candles * outcome.backtest.series.step >= _MONTH_DAYS * _DAY_US // 1_000
    ours, theirs = (_risk(each, long=long) for each in (found.performance, found.benchmark))
    rows = [(name, mine, other) for (name, mine), (_, other) in zip(ours, theirs, strict=True)]
    return [*rows, ("deepest at a close", words.percent(-kept.drawdown.depth, places=1), "")]


def trading(outcome: Outcome) -> list[tuple[str, str]]:
    """What the trading was like: a name and a figure."""
    found, kept = record(outcome), outcome.kept
    done = found.activity
    return [
        ("closed trades", words.count(len(outcome.trades))),
        ("win rate", words.percent(done.win_rate, places=1, signed=False)),
        ("profit factor", words.ratio(done.profit_factor)),
        ("expectancy", words.signed(done.expectancy)),
        ("turnover", words.ratio(found.turnover)),
        ("fees", words.money(done.fees)),
        ("in the market", words.percent(kept.held / kept.candles if kept.candles else None, places=1, signed=False)),
        ("against buy and hold", words.percent(found.excess, places=1)),
    ]


def months_table(outcome: Outcome, width: int) -> Table:
    """The return of each month: a row a year."""
    drawn = plain_table("%", *(f">{name}" for name in MONTHS), ">year")
    drawn.padding = (0, 1, 0, 0)
    places = 1 if width >= _WIDE else 0
    for year, by_month, whole in years(outcome):
        drawn.add_row(year, *(_short(by_month.get(number), places) for number in range(1, 13)), _short(whole, places))
    return drawn


def years(outcome: Outcome) -> Iterator[tuple[str, dict[int, float], float]]:
    """Each year, the returns of its months by their number, and its own."""
    for year, found in groupby(months(outcome.curve), lambda month: month.name[:4]):
        by_month = {int(month.name[5:]): month.total_return for month in found}
        yield year, by_month, prod(1 + value for value in by_month.values()) - 1


def trades_table(outcome: Outcome) -> Table:
    """The newest closed trades."""
    drawn = plain_table("closed (UTC)", "by", ">amount", ">bought at", ">sold at", ">P&L", ">of cost")
    drawn.padding = (0, 1, 0, 0)
    for trade in outcome.trades[-_SHOWN:]:
        drawn.add_row(
            words.moment(trade.closed_at_us // 1_000),
            trade.leg,
            words.quantity(trade.bought),
            words.money(trade.entry_price),
            words.money(trade.exit_price),
            profit(trade.pnl),
            words.percent(float(trade.gain)),
        )
    if len(outcome.trades) > _SHOWN:
        drawn.caption = f"the newest {_SHOWN} of {words.count(len(outcome.trades))}; --json has all"
    return drawn


def _risk(found: Performance, *, long: bool) -> list[tuple[str, str]]:
    """What speaks of a year is left open while the time is too short for it."""
    return [
        ("total return", words.percent(found.total_return, places=1)),
        ("annual return", words.percent(found.annual_return if long else None, places=1)),
        ("volatility", words.percent(found.volatility, places=1, signed=False)),
        ("Sharpe", words.ratio(found.sharpe if long else None)),
        ("Sortino", words.ratio(found.sortino if long else None)),
        ("Calmar", words.ratio(found.calmar if long else None)),
        ("max drawdown", words.percent(found.max_drawdown, places=1)),
    ]


def _short(fraction: float | None, places: int) -> Text:
    if fraction is None:
        return Text("")
    return Text(
        f"{fraction * 100:+.{places}f}".replace("-", "−"), "green" if fraction > 0 else "red" if fraction < 0 else ""
    )
