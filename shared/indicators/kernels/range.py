"""How far the price moves in a row."""

import math

from shared.indicators.kernel import Kernel, Values


def atr(high: Values, low: Values, close: Values, window: int, state: Values, out: Values) -> None:
    """Average true range, in units of price: Wilder's average, seeded with the mean of the first `window`.

    A true range reaches back to the close before, so the first row has none and row `window` the first value, as in
    TA-Lib. J. Welles Wilder, New Concepts in Technical Trading Systems (1978). State: rows, close before, average,
    average before it, the newest true range's share.

    An average goes on from the one two rows ago, so that a processor need not wait for the one just before.
    """
    seen, before, average, older, share = state[0], state[1], state[2], state[3], state[4]
    weight, keep = 1.0 / window, (window - 1) / window
    keep_twice = keep * keep
    for row in range(len(close)):
        if seen > window:
            last, share = share, (max(high[row], before) - min(low[row], before)) * weight
            older, average = average, older * keep_twice + (last * keep + share)
            out[row] = average
        else:
            if seen > 0.0:
                average += (max(high[row], before) - min(low[row], before)) * weight
            older, share = 0.0, average  # the row after the seed goes on from the seed alone
            out[row] = average if seen == window else math.nan
        before = close[row]
        seen += 1.0
    state[0], state[1], state[2], state[3], state[4] = seen, before, average, older, share


KERNELS = {
    "atr": Kernel(atr, ("high", "low", "close"), ("atr",), {"window": 14}, lambda window: 5),  # noqa: ARG005
}
