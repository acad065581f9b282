"""Where two runs over the same candles differ. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import inf, isclose

import numpy as np

from shared.market.frame import Column, Frame
from shared.trading import Side, Signal
from trader.check.asking import Decision, View
from trader.risk.sense import nonsense

#: What is the same to so many digits is the same: sums of floats depend on where they begin.
_ALIKE = 1e-9
_NUMBERS = ("size", "target", "limit", "stop", "take_profit")

Decisions = Mapping[int, Decision]


@dataclass(frozen=True)
class Drift:
    """How far a column is from what it should be, at most, as a fraction of the column's largest value."""

    name: str
    share: float
    row: int


def differing(one: Decisions, other: Decisions) -> list[int]:
    """The rows on which what would be done differs; the reason given may."""
    return [row for row in one if row in other and not all(map(_alike, one[row], other[row]))]


def drifts(names: Collection[str], rows: Iterable[int], one: View, other: View) -> list[Drift]:
    """Each column's largest difference in the newest row between two views, of those that differ at all."""
    largest: dict[str, Drift] = {}
    for row in rows if names else ():
        shown, whole = one(row), other(row)
        for name in names:
            share = _share(float(shown[name][-1]), whole[name])
            if share > _ALIKE and (name not in largest or share > largest[name].share):
                largest[name] = Drift(name, share, row)
    return list(largest.values())


def nonsense_of(decisions: Decisions, history: Frame, symbol: str) -> dict[int, str]:
    """Row -> what risk would say to the signal, of those that it would refuse as nonsense."""
    found = {}
    for row, decision in decisions.items():
        close = Decimal(repr(float(history.close[row])))
        said = [nonsense(signal, symbol, close) for signal in decision if acts(signal)]
        if why := next(filter(None, said), None):
            found[row] = why
    return found


def acts(signal: Signal) -> bool:
    """Whether it asks for anything."""
    return signal.side is not Side.HOLD or signal.target is not None


def round_trips(decisions: Decisions) -> tuple[int, int]:
    """How many times it would have bought and sold, beginning with nothing, were each wish fulfilled at once."""
    buys = sells = 0
    for decision in decisions.values():
        signal = decision.long if buys > sells else decision.flat
        if buys == sells and (signal.side is Side.BUY or signal.target):
            buys += 1
        elif buys > sells and (signal.side is Side.SELL or (signal.target is not None and not signal.target)):
            sells += 1
    return buys, sells


def _alike(one: Signal, other: Signal) -> bool:
    numbers = ((getattr(one, name), getattr(other, name)) for name in _NUMBERS)
    return (one.side, one.symbol) == (other.side, other.symbol) and all(_close(*pair) for pair in numbers)


def _close(one: Decimal | None, other: Decimal | None) -> bool:
    if one is None or other is None:
        return one is other
    return str(one) == str(other) or isclose(one, other, rel_tol=_ALIKE)


def _share(value: float, column: Column) -> float:
    """The difference to the column's newest value; infinite if only one of both is a number."""
    right = float(column[-1])
    if np.isnan(value) or np.isnan(right):
        return 0.0 if np.isnan(value) and np.isnan(right) else inf
    return 0.0 if value == right else abs(value - right) / float(np.nanmax(np.abs(column)))
