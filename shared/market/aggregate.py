"""Candles from trades: what an exchange's own candles would be, made exactly. Pure.

Open is the first trade's price by time, then by id; close the last one's. Volume is the exact sum of the amounts, and
becomes a double once, at the end. Where nobody traded there is no candle.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact
from typing import NamedTuple

from shared.market.candle import Candle

#: Amounts are added without rounding; a sum too long for that would raise.
_EXACT = Context(prec=200, traps=[Inexact])
_NS = 1_000_000


class Trade(NamedTuple):
    """One trade of a market; `time_ns` in nanoseconds UTC, `number` the exchange's, which rises from trade to trade."""

    time_ns: int
    number: int
    price: Decimal
    amount: Decimal


@dataclass
class Aggregate:
    """Makes candles of `step` ms out of trades from `start` (ms, on the grid) on, as their pages come.

    A candle is given out once a trade after its end was seen, or `close` was told that the exchange's time has passed
    it: then nothing can be missing of it. Pages may overlap: a trade that came already is left out by its number.
    """

    step: int
    start: int
    _seen: tuple[int, int] = (-1, -1)
    _open: list[Trade] = field(default_factory=list)

    @property
    def known_until(self) -> int:
        """Before this open time (ms) every candle has been given out."""
        return self.start

    def add(self, trades: Iterable[Trade]) -> list[Candle]:
        """Take in a page; returns the candles it completes, ascending."""
        candles = []
        for trade in sorted(trade for trade in trades if trade[:2] > self._seen):
            self._seen = trade[:2]
            opened = trade.time_ns // _NS // self.step * self.step
            if opened < self.start:
                continue
            if opened > self.start:
                candles += self.close(opened)
            self._open.append(trade)
        return candles

    def close(self, until: int) -> list[Candle]:
        """There are no more trades before `until` (ms): returns the candle that completes, if there was one."""
        until -= until % self.step
        if until <= self.start:
            return []
        trades, opened = self._open, self.start
        self._open, self.start = [], until
        return [candle_of(trades, opened)] if trades else []


def candle_of(trades: list[Trade], timestamp: int) -> Candle:
    """The candle of one or more trades in ascending order."""
    prices, volume = [trade.price for trade in trades], Decimal(0)
    for trade in trades:
        volume = _EXACT.add(volume, trade.amount)
    first, high, low, last = map(float, (prices[0], max(prices), min(prices), prices[-1]))
    return Candle(timestamp, first, high, low, last, float(volume))
