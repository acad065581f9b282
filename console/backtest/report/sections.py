"""The parts of the page that stand without its script. Pure; every text is escaped on its way in."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from console import words
from console.backtest.tables import MONTHS, period, risk, trading, years
from shared.market import Interval
from shared.trading import State, plain
from trader.backtest.outcome import Outcome
from trader.backtest.report import record
from trader.closing import is_tradable

_GAPS, _REASONS = 12, 8
#: A month of this return has the deepest colour.
_DEEP = 0.2


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table of plain text; a head that begins with > stands over numbers."""
    classes = [' class="n"' if head.startswith(">") else "" for head in heads]
    top = "".join(f"<th{of}>{escape(head.lstrip('>'))}</th>" for head, of in zip(heads, classes, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{of}>{escape(cell)}</td>" for cell, of in zip(row, classes, strict=True)) + "</tr>"
        for row in rows
    )
    head = f"<thead><tr>{top}</tr></thead>" if any(heads) else ""
    return f'<div class="scroll"><table class="close {kind}">{head}<tbody>{body}</tbody></table></div>'


def cards(outcome: Outcome) -> str:
    """The few figures that are looked at first."""
    found, gain = record(outcome), outcome.equity - outcome.backtest.cash
    ours, hold, done = found.performance, found.benchmark, found.activity
    quote, sides = outcome.backtest.quote, f"{done.wins:,} won, {done.trips - done.wins:,} not"
    cells = [
        ("Equity", words.money(outcome.equity), "", f"{quote} of {words.money(outcome.backtest.cash)}"),
        ("Return", words.percent(ours.total_return), _side(gain), f"{words.signed(gain)} {quote}"),
        ("Buy and hold", words.percent(hold.total_return), _side(hold.total_return), "the same time, no fees"),
        ("Deepest drawdown", words.percent(-outcome.kept.drawdown.depth), "", _when(outcome)),
        ("Closed trades", words.count(len(outcome.trades)), "", sides),
        ("Fees", words.money(done.fees), "", quote),
    ]
    return "".join(
        f'<div class="card"><span>{name}</span><b class="{side}">{escape(value)}</b><small>{escape(note)}</small></div>'
        for name, value, side, note in cells
    )


def notices(outcome: Outcome, gaps: Sequence[Interval]) -> str:
    """What a reader must know before the figures."""
    found = []
    if outcome.state.state is not State.ACTIVE:
        found.append(outcome.state.words)
    if gaps:
        missing = words.several(len(gaps), "gap")
        found.append(f"{missing} of the candles were never fetched: nothing was decided behind one until warmed up.")
    if is_tradable(outcome.books.position, outcome.market):
        held = words.quantity(outcome.books.position.amount)
        found.append(f"{held} still held at the end, marked at the last close.")
    if not outcome.trades:
        found.append("No trade was closed.")
    return f'<section class="card notice">{"".join(f"<p>{escape(each)}</p>" for each in found)}</section>' * bool(found)


def figures(outcome: Outcome) -> str:
    """Return and risk, and the trading."""
    left = table((f"{period(outcome)} returns", ">strategy", ">buy and hold"), risk(outcome))
    return f'<div class="pair">{left}{table(("trading", ">"), trading(outcome))}</div>'


def monthly(outcome: Outcome) -> str:
    """The return of each month, the deeper its colour the larger it is."""
    top = "".join(f'<th class="n">{name}</th>' for name in ("", *MONTHS, "year"))
    rows = "".join(
        f"<tr><th>{year}</th>{''.join(_month(by_month.get(number)) for number in range(1, 13))}{_month(whole)}</tr>"
        for year, by_month, whole in years(outcome)
    )
    return f'<div class="scroll"><table class="months"><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table></div>'


def signals(outcome: Outcome) -> str:
    """What became of what was decided."""
    found = Counter((each.side.value, each.outcome) for each in outcome.signals).most_common(_REASONS)
    rows = [(side, what, words.count(count)) for (side, what), count in found]
    return table(("signal", "what became of it", ">signals"), rows or [("none", "", "")], "wrap")


def data(outcome: Outcome, count: int, gaps: Sequence[Interval], source: str) -> str:
    """Which candles, from when to when, and what is missing."""
    step, times = outcome.backtest.series.step, outcome.kept.times
    span = int(times[-1] - times[0]) // step + 1 if len(times) else 0
    rows = [
        ("series", str(outcome.backtest.series)),
        ("from", words.moment(int(times[0]) - step) if len(times) else words.NOTHING),
        ("to", words.moment(int(times[-1])) if len(times) else words.NOTHING),
        ("candles", f"{count:,} of {span:,}" + (f", {span - count:,} without a candle" if span > count else "")),
        ("read from", source),
        ("never fetched", words.several(len(gaps), "gap") if gaps else "nothing"),
        *(("", f"{words.moment(gap.start)} to {words.moment(gap.end)}") for gap in gaps[:_GAPS]),
        *([("", f"and {len(gaps) - _GAPS:,} more")] if len(gaps) > _GAPS else []),
    ]
    return table(("", ""), rows, "wrap")


def costs(outcome: Outcome) -> str:
    """The money it began with, and what it cost to trade."""
    backtest, market, paper = outcome.backtest, outcome.market, outcome.backtest.paper
    taker, maker = (fee if paper.fee is None else paper.fee for fee in (market.taker_fee, market.maker_fee))
    rates = {"taker's fee": taker, "maker's fee": maker, "slippage": paper.slippage, "spread": paper.spread}
    rows = [
        ("cash", f"{backtest.cash:,f} {backtest.quote}"),
        *((name, words.percent(float(rate), 3, signed=False)) for name, rate in rates.items()),
        ("of a minute's volume", words.percent(float(paper.volume_share), 0, signed=False)),
        ("latency", f"{paper.latency_ms} ms"),
        ("step of amounts", plain(market.amount_step)),
        ("step of prices", plain(market.price_tick)),
        ("smallest order", f"{plain(market.minimum_cost)} {backtest.quote}"),
    ]
    return table(("", ""), rows, "wrap")


def limits(outcome: Outcome) -> str:
    """What held the strategy back, and the desk that it is alone: those limits that are set."""
    found, desk = outcome.backtest.limits.model_dump(), outcome.backtest.desk.model_dump(exclude_defaults=True)
    idle = {f"{name}_minutes" for name, value in found.items() if value is None}
    if found["stops"] is None and found["low_profit"] is None:
        idle.add("pause_minutes")
    own = {name: value for name, value in found.items() if value and name not in idle}
    return settings({**own, **{f"desk: {name}": value for name, value in desk.items()}})


def settings(values: Mapping[str, Any]) -> str:
    """Names and values as the configuration has them."""
    return table(("", ""), [(name, str(value)) for name, value in values.items()] or [("none", "")], "wrap")


def _month(value: float | None) -> str:
    if value is None:
        return "<td></td>"
    depth = min(1.0, abs(value) / _DEEP) * 0.55
    text = f"{value * 100:+.1f}".replace("-", "−")
    return f'<td class="n {_side(value)}" style="--depth:{depth:.2f}">{text}</td>'


def _side(value: Any) -> str:
    return "up" if value > 0 else "down" if value < 0 else ""


def _when(outcome: Outcome) -> str:
    found = outcome.kept.drawdown
    if found.bottom_ms is None:
        return "none"
    return f"bottom on {words.moment(found.bottom_ms)[:10]}"
