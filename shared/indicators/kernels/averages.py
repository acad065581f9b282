"""Moving averages of the close.

What leaves the window is taken off the running sums: it stands in the column, or, for the first rows of a call, in the
state's ring (row % window). Every 16 windows the sums are added up anew, so that rounding, or a price that was absurd,
is not carried on for years.
"""

import math

from shared.indicators.kernel import Kernel, Values


def sma(close: Values, window: int, state: Values, out: Values) -> None:
    """Mean of the last `window` closes. State: rows, sum, ring."""
    seen, total = int(state[0]), state[1]
    rows, turn = len(close), 16 * window - 1 - seen % (16 * window)
    for row in range(rows):
        total += close[row] - (close[row - window] if row >= window else state[2 + (seen + row) % window])
        if row == turn:
            turn += 16 * window
            total = 0.0
            for at in range(row - window + 1, row + 1):
                total += close[at] if at >= 0 else state[2 + (seen + at) % window]
        out[row] = total / window if seen + row + 1 >= window else math.nan
    for row in range(max(0, rows - window), rows):
        state[2 + (seen + row) % window] = close[row]
    state[0], state[1] = seen + rows, total


def ema(close: Values, window: int, state: Values, out: Values) -> None:
    """The newest close counts for 2 / (window + 1); seeded with the mean of the first window. State: rows, average."""
    seen, average = state[0], state[1]
    share = 2.0 / (window + 1)
    for row in range(len(close)):
        value = close[row]
        seen += 1.0
        if seen > window:
            average += (value - average) * share
            out[row] = average
        else:
            average += value  # the sum, until the window is full
            if seen == window:
                average /= window
            out[row] = average if seen == window else math.nan
    state[0], state[1] = seen, average


def wma(close: Values, window: int, state: Values, out: Values) -> None:
    """Of the last `window` closes the newest counts most, the oldest once. State: rows, sum, weighted sum, ring."""
    seen, total, weighted = int(state[0]), state[1], state[2]
    rows, turn, weights = len(close), 16 * window - 1 - seen % (16 * window), window * (window + 1) / 2.0
    for row in range(rows):
        value = close[row]
        weighted += window * value - total
        total += value - (close[row - window] if row >= window else state[3 + (seen + row) % window])
        if row == turn:
            turn += 16 * window
            total = weighted = 0.0
            for at in range(row - window + 1, row + 1):
                total += close[at] if at >= 0 else state[3 + (seen + at) % window]
                weighted += total
            # The newest is in one of the partial sums, the oldest in all: the other way round than wanted.
            weighted = (window + 1) * total - weighted
        out[row] = weighted / weights if seen + row + 1 >= window else math.nan
    for row in range(max(0, rows - window), rows):
        state[3 + (seen + row) % window] = close[row]
    state[0], state[1], state[2] = seen + rows, total, weighted


KERNELS = {
    "sma": Kernel(sma, ("close",), ("sma",), {"window": 20}, lambda window: 2 + window),
    "ema": Kernel(ema, ("close",), ("ema",), {"window": 20}, lambda window: 2),  # noqa: ARG005
    "wma": Kernel(wma, ("close",), ("wma",), {"window": 20}, lambda window: 3 + window),
}
