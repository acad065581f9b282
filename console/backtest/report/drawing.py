"""What the page's script draws: candles, trades and the course of equity, as numbers. Pure; times in ms."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate
from typing import Any

from shared.market import Frame, Interval, base_of
from shared.trading import Side
from trader.backtest.outcome import Outcome
from trader.closing import is_tradable

#: The course of equity is drawn with so many points and a few more.
_POINTS = 2_000

Json = dict[str, Any]


def drawing(outcome: Outcome, candles: Frame | None, step: int, gaps: Sequence[Interval]) -> Json:
    """Everything that is drawn; `candles` of `step` ms."""
    return {
        "base": base_of(outcome.market.symbol),
        "quote": outcome.backtest.quote,
        "step": step,
        "candles": _candles(candles, step),
        "curve": _curve(outcome),
        "trades": [_trade(each) for each in outcome.trades],
        "held": _held(outcome),
        "gaps": [[gap.start, gap.end] for gap in gaps],
    }


def telling(equity: Sequence[Decimal], most: int = _POINTS) -> list[int]:
    """Rows that tell the course of equity: of each stretch its first, lowest and highest, and the last of all.

    So every peak and every bottom is kept, the deepest too.
    """
    length = max(1, -(-len(equity) * 3 // most))
    rows = {len(equity) - 1} if equity else set()
    for start in range(0, len(equity), length):
        part = range(start, min(start + length, len(equity)))
        rows |= {start, min(part, key=equity.__getitem__), max(part, key=equity.__getitem__)}
    return sorted(rows)


def _candles(frame: Frame | None, step: int) -> Json:
    """Times as numbers of steps since the first; volume to five digits."""
    if frame is None:
        return {"start": 0, "at": [], "open": [], "high": [], "low": [], "close": [], "volume": []}
    times = frame.timestamps
    prices = {name: frame[name].tolist() for name in ("open", "high", "low", "close")}
    volume = [float(f"{each:.5g}") for each in frame.volume.tolist()]
    return {"start": int(times[0]), "at": ((times - times[0]) // step).tolist(), **prices, "volume": volume}


def _curve(outcome: Outcome) -> Json:
    equity, hold = outcome.curve.equity, outcome.hold.equity
    highest = list(accumulate(equity, max))
    rows = telling(equity)
    return {
        "at": [outcome.curve.edges_us[row] // 1_000 for row in rows],
        "equity": [_cents(equity[row]) for row in rows],
        "hold": [_cents(hold[row]) for row in rows],
        "drawdown": [round(float(equity[row] / highest[row] - 1), 6) if highest[row] > 0 else 0.0 for row in rows],
    }


def _trade(trade: Any) -> list[Any]:
    """Opened, closed, amount, bought at, sold at, P&L, of cost, fees, by."""
    prices = (trade.bought, trade.entry_price, trade.exit_price, trade.pnl, trade.gain, trade.fees)
    times = trade.opened_at_us // 1_000, trade.closed_at_us // 1_000
    return [*times, *(float(f"{each:.9g}") for each in prices), str(trade.leg)]


def _held(outcome: Outcome) -> list[float] | None:
    """Since when, and bought at what, what is still held at the end."""
    position = outcome.books.position
    if not is_tradable(position, outcome.market):
        return None
    closed = outcome.trades[-1].closed_at_us if outcome.trades else 0
    bought = (each.fill for each in outcome.fills if each.fill.side is Side.BUY)
    since = next(fill.executed_at_us for fill in bought if fill.executed_at_us >= closed)
    return [since // 1_000, float(position.average_price)]


def _cents(amount: Decimal) -> float:
    return round(float(amount), 2 if abs(amount) >= 1 else 8)
