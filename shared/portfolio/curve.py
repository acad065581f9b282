"""Equity over time, and the returns it makes. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np
import numpy.typing as npt

ZERO = Decimal(0)
_DIGITS = 100

Returns = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Equity (quote) at each of `edges_us`, what was known last carried on; and what was paid in up to each edge.

    `paid_in[i]` came from outside after edge i - 1 and up to edge i: it is no profit.
    """

    edges_us: tuple[int, ...]
    equity: tuple[Decimal, ...]
    paid_in: tuple[Decimal, ...]

    def __post_init__(self) -> None:
        if not len(self.edges_us) == len(self.equity) == len(self.paid_in):
            raise ValueError(f"a curve of {len(self.edges_us)} edges, {len(self.equity)} equities")

    @property
    def gain(self) -> Decimal:
        """Profit from the first edge to the last: what equity grew by and was not paid in."""
        if not self.equity:
            return ZERO
        with localcontext(prec=_DIGITS):
            return self.equity[-1] - self.equity[0] - sum(self.paid_in[1:], ZERO)

    @property
    def mean(self) -> Decimal:
        """Average equity over the edges on which there was any."""
        there = [value for value in self.equity if value]
        return sum(there, ZERO) / len(there) if there else ZERO

    @property
    def returns(self) -> Returns:
        """The return of each interval, a fraction, as if what was paid in had come at its beginning.

        So returns are time-weighted, money from outside does not change them: the modified Dietz method with every
        flow at the start (Bacon, Practical Portfolio Performance Measurement and Attribution, chapter 2). NaN where
        nothing was there to earn on. A loss of more than everything is -1.
        """
        after = np.array([float(value) for value in self.equity[1:]])
        base = np.array([float(a + b) for a, b in zip(self.equity, self.paid_in[1:], strict=False)])
        grown = np.full(len(after), np.nan)
        np.divide(after, base, out=grown, where=base > 0)
        earned: Returns = np.maximum(grown - 1, -1)
        return earned

    @property
    def wealth(self) -> Returns:
        """What one unit of money became, at each edge: 1 at the first."""
        return wealth(self.returns)

    def ending(self, equity: Decimal) -> "Curve":
        """The same with a better known last value, the live one."""
        return Curve(self.edges_us, (*self.equity[:-1], equity), self.paid_in)


def wealth(returns: Returns) -> Returns:
    """One unit of money after each return, itself first; a return that is not known changes nothing."""
    return np.concatenate(([1.0], np.cumprod(1 + np.nan_to_num(returns, nan=0.0))))


def together(curves: Iterable[Curve]) -> Curve:
    """The sum of curves with the same edges, exact; without any an empty curve. ValueError if edges differ."""
    first, *others = curves = tuple(curves) or (Curve((), (), ()),)
    if any(curve.edges_us != first.edges_us for curve in others):
        raise ValueError("curves of different edges can't be added up")
    return Curve(first.edges_us, _sums([c.equity for c in curves]), _sums([c.paid_in for c in curves]))


def _sums(columns: Sequence[tuple[Decimal, ...]]) -> tuple[Decimal, ...]:
    with localcontext(prec=_DIGITS):
        return tuple(sum(row, ZERO) for row in zip(*columns, strict=True))
