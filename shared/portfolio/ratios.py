"""Return and risk of a series of returns. Pure; fractions, not percent.

Returns are simple, one for each period of equal length; a return that is not known (NaN) is left out. The risk-free
rate is zero. What is not defined is None, never infinite: too few returns, no variation, no loss. Definitions follow
empyrical (tests/unit/shared/portfolio/test_ratios.py compares them); docs/decisions/0019 names the differences.
"""

from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from shared.portfolio.curve import Returns, wealth

#: Below this fraction of the largest return the deviation is rounding of the arithmetic, not variation.
_NOTHING = 1e-12


@dataclass(frozen=True)
class Performance:
    """`periods` returns were known. `drawdown_periods` is how long the largest drawdown lasted: from its peak until
    the peak was reached again, or until the end."""

    periods: int
    total_return: float
    annual_return: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float
    drawdown_periods: int


def performance(returns: Returns, periods_per_year: float) -> Performance:
    """Everything about a series of returns."""
    known = returns[np.isfinite(returns)]
    deepest, length = max_drawdown(returns)
    yearly = annual_return(known, periods_per_year)
    return Performance(
        periods=len(known),
        total_return=float(np.prod(1 + known) - 1),
        annual_return=yearly,
        volatility=volatility(known, periods_per_year),
        sharpe=sharpe(known, periods_per_year),
        sortino=sortino(known, periods_per_year),
        calmar=calmar(yearly, deepest),
        max_drawdown=deepest,
        drawdown_periods=length,
    )


def annual_return(returns: Returns, periods_per_year: float) -> float | None:
    """The yearly growth that would have given the same total, (1 + total) ** (periods a year / periods) - 1.

    Geometric, also called CAGR (Bacon, Practical Portfolio Performance Measurement and Attribution). Of less than a
    year it is an extrapolation. None without a return, or if it is beyond all numbers.
    """
    if not len(returns):
        return None
    with np.errstate(over="ignore"):
        grown = float(np.prod(1 + returns) ** np.float64(periods_per_year / len(returns)))
    return grown - 1 if isfinite(grown) else None


def volatility(returns: Returns, periods_per_year: float) -> float | None:
    """Standard deviation of the returns (sample, n - 1) times the root of the periods a year; None below two."""
    return None if len(returns) < 2 else _deviation(returns) * sqrt(periods_per_year)


def sharpe(returns: Returns, periods_per_year: float) -> float | None:
    """Mean return over its standard deviation, times the root of the periods a year (Sharpe 1994, The Sharpe Ratio).

    None below two returns or if all are the same.
    """
    deviation = _deviation(returns) if len(returns) >= 2 else 0.0
    return float(np.mean(returns)) / deviation * sqrt(periods_per_year) if deviation else None


def sortino(returns: Returns, periods_per_year: float) -> float | None:
    """Mean return over the downside deviation, times the root of the periods a year (Sortino and Price 1994).

    The downside deviation is the root of the mean of squared losses over *all* returns, a gain counting as zero.
    None below two returns or without a loss.
    """
    downside = sqrt(float(np.mean(np.minimum(returns, 0) ** 2))) if len(returns) >= 2 else 0.0
    return float(np.mean(returns)) / downside * sqrt(periods_per_year) if downside else None


def calmar(annual: float | None, deepest: float) -> float | None:
    """Annual return over the maximum drawdown of the same time, as a positive number (Young 1991, in Futures, takes 36
    months). None without a drawdown."""
    return None if annual is None or deepest == 0 else annual / -deepest


def max_drawdown(returns: Returns) -> tuple[float, int]:
    """The largest fall of wealth below its peak so far, a fraction from -1 to 0, and how many periods it lasted.

    It lasts from the peak until wealth is as high again, or until the end. (0, 0) if wealth never fell. Of equally
    deep ones the first (Magdon-Ismail and Atiya 2004, Maximum Drawdown).
    """
    worth = wealth(returns)
    peaks = np.maximum.accumulate(worth)
    below = worth / peaks - 1
    bottom = int(np.argmin(below))
    if below[bottom] >= 0:
        return 0.0, 0
    peak = int(np.argmax(worth == peaks[bottom]))
    recovered = np.flatnonzero(worth[bottom:] >= peaks[bottom])
    end = bottom + int(recovered[0]) if len(recovered) else len(worth) - 1
    return float(below[bottom]), end - peak


def _deviation(returns: Returns) -> float:
    deviation = float(np.std(returns, ddof=1))
    return deviation if deviation > _NOTHING * float(np.max(np.abs(returns))) else 0.0
