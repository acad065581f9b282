"""Bands about an average."""

import math

from shared.indicators.kernel import Kernel, Values


def bollinger(
    close: Values, window: int, deviations: float, state: Values, upper: Values, middle: Values, lower: Values
) -> None:
    """Mean of the window, and so many of its standard deviations (of the population) above and below.

    Squares are summed of what lies above a close of the last two windows: with whole prices the digits that matter
    would cancel out. All three are the close where it has not moved for a window. John Bollinger, Bollinger on
    Bollinger Bands (2001). State: rows, place, close before, for how many rows it has been the same; base, sum and sum
    of squares above it; those of the sums that are begun afresh with the ring; ring.
    """
    seen, place, before, same = int(state[0]), int(state[1]), state[2], state[3]
    base, total, squares, next_base, fresh, fresh_squares = state[4], state[5], state[6], state[7], state[8], state[9]
    rows, share = len(close), 1.0 / window
    for row in range(rows):
        value = close[row]
        if place == 0:
            next_base = value
            base = base if seen + row > 0 else value
        old = close[row - window] if row >= window else state[10 + place]
        gone = old - base if seen + row >= window else 0.0
        come, above = value - base, value - next_base
        total += come - gone
        squares += come * come - gone * gone
        fresh += above
        fresh_squares += above * above
        place += 1
        same = same + 1.0 if value == before else 1.0
        before = value
        if place == window:
            place, base, total, squares, fresh, fresh_squares = 0, next_base, fresh, fresh_squares, 0.0, 0.0
        above = total * share
        variance = (squares - total * above) * share
        if seen + row + 1 < window:
            upper[row] = middle[row] = lower[row] = math.nan
        elif same >= window:
            upper[row] = middle[row] = lower[row] = value
        else:
            width = deviations * math.sqrt(variance) if variance > 0.0 else 0.0
            middle[row] = base + above
            upper[row], lower[row] = base + above + width, base + above - width
    for row in range(max(0, rows - window), rows):
        state[10 + (seen + row) % window] = close[row]
    state[0], state[1], state[2], state[3] = seen + rows, place, before, same
    state[4], state[5], state[6], state[7], state[8], state[9] = base, total, squares, next_base, fresh, fresh_squares


KERNELS = {
    "bollinger": Kernel(
        bollinger, ("close",), ("upper", "middle", "lower"), {"window": 20, "deviations": 2.0},
        lambda window, deviations: 10 + window,  # noqa: ARG005
    ),
}  # fmt: skip
