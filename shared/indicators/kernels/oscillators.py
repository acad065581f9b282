"""Where the close stands in what was paid lately.

Highest and lowest of a window without looking through it: a ring holds the values of the block being filled, and
before its place what remains of the block before, each replaced by the best from there to that block's end. The best
of the window is then the better of two. When a block is full it is turned in place, once a window: O(1) a candle on
average. M. van Herk, A fast algorithm for local minimum and maximum filters, Pattern Recognition Letters 13 (1992).
"""

import math

from shared.indicators.kernel import Kernel, Values


def stochastic(
    high: Values, low: Values, close: Values, window: int, smooth: int, signal: int, state: Values,
    fast: Values, slow: Values,
) -> None:  # fmt: skip
    """%K: where the close stands between the window's lowest 0 and highest 100, mean of `smooth`; %D: mean of `signal`.

    50 where highest and lowest are the same. Both begin with %D, as in TA-Lib. George C. Lane, Lane's Stochastics,
    Technical Analysis of Stocks & Commodities (1984). State: rows, place, highest, lowest; place, sum and fresh sum of
    %K's mean; of %D's; four rings.
    """
    seen, place, highest, lowest = state[0], int(state[1]), state[2], state[3]
    k_place, k_sum, k_fresh = int(state[4]), state[5], state[6]
    d_place, d_sum, d_fresh = int(state[7]), state[8], state[9]
    highs, lows, raws = 10, 10 + window, 10 + 2 * window
    means = raws + smooth
    for row in range(len(close)):
        state[highs + place], state[lows + place] = high[row], low[row]
        highest = max(highest, high[row]) if place > 0 else high[row]
        lowest = min(lowest, low[row]) if place > 0 else low[row]
        place += 1
        seen += 1.0
        if place < window:
            top, bottom = max(highest, state[highs + place]), min(lowest, state[lows + place])
        else:
            top, bottom = highest, lowest
            highest, lowest = high[row], low[row]
            for at in range(window - 2, -1, -1):
                highest, lowest = max(highest, state[highs + at]), min(lowest, state[lows + at])
                state[highs + at], state[lows + at] = highest, lowest
            place = 0
        fast[row] = slow[row] = math.nan
        if seen < window:
            continue
        raw = 100.0 * ((close[row] - bottom) / (top - bottom)) if top > bottom else 50.0
        k_sum += raw - state[raws + k_place]
        k_fresh += raw
        state[raws + k_place] = raw
        k_place += 1
        if k_place == smooth:
            k_place, k_sum, k_fresh = 0, k_fresh, 0.0
        if seen < window + smooth - 1:
            continue
        mean = k_sum / smooth
        d_sum += mean - state[means + d_place]
        d_fresh += mean
        state[means + d_place] = mean
        d_place += 1
        if d_place == signal:
            d_place, d_sum, d_fresh = 0, d_fresh, 0.0
        if seen >= window + smooth + signal - 2:
            fast[row], slow[row] = mean, d_sum / signal
    state[0], state[1], state[2], state[3] = seen, place, highest, lowest
    state[4], state[5], state[6] = k_place, k_sum, k_fresh
    state[7], state[8], state[9] = d_place, d_sum, d_fresh


def williams(high: Values, low: Values, close: Values, window: int, state: Values, out: Values) -> None:
    """Williams %R: where the close stands between the window's lowest, -100, and highest, 0.

    -50 where these are the same. Larry Williams, How I Made One Million Dollars Last Year Trading Commodities (1973).
    State: rows, place, highest and lowest of the block; rings of highs and lows.
    """
    seen, place, highest, lowest = state[0], int(state[1]), state[2], state[3]
    highs, lows = 4, 4 + window
    for row in range(len(close)):
        state[highs + place], state[lows + place] = high[row], low[row]
        highest = max(highest, high[row]) if place > 0 else high[row]
        lowest = min(lowest, low[row]) if place > 0 else low[row]
        place += 1
        seen += 1.0
        if place < window:
            top, bottom = max(highest, state[highs + place]), min(lowest, state[lows + place])
        else:
            top, bottom = highest, lowest
            highest, lowest = high[row], low[row]
            for at in range(window - 2, -1, -1):
                highest, lowest = max(highest, state[highs + at]), min(lowest, state[lows + at])
                state[highs + at], state[lows + at] = highest, lowest
            place = 0
        if seen < window:
            out[row] = math.nan
        else:
            out[row] = -100.0 * ((top - close[row]) / (top - bottom)) if top > bottom else -50.0
    state[0], state[1], state[2], state[3] = seen, place, highest, lowest


def cci(high: Values, low: Values, close: Values, window: int, state: Values, out: Values) -> None:
    """Commodity channel index: distance of the typical price from its mean, over 0.015 of the mean distance.

    The mean distance is taken from a mean that moves, so each candle costs a look at the whole window: the one kernel
    here that is not O(1). 0 where all typical prices are the same, but for the rounding of a third. Donald R. Lambert,
    Commodity Channel Index, Commodities (1980). State: rows, place, typical price before, for how many rows it has been
    the same; ring.
    """
    seen, place, before, same = state[0], int(state[1]), state[2], state[3]
    for row in range(len(close)):
        value = (high[row] + low[row] + close[row]) / 3.0
        state[4 + place] = value
        place = place + 1 if place + 1 < window else 0
        same = same + 1.0 if value == before else 1.0
        before = value
        seen += 1.0
        if seen < window:
            out[row] = math.nan
            continue
        total = distances = 0.0
        for at in range(4, 4 + window):
            total += state[at]
        mean = total / window
        for at in range(4, 4 + window):
            distances += abs(state[at] - mean)
        flat = same >= window or distances <= 1e-15 * window * abs(mean)
        out[row] = 0.0 if flat else (value - mean) / (0.015 * (distances / window))
    state[0], state[1], state[2], state[3] = seen, place, before, same


_PRICES = ("high", "low", "close")

KERNELS = {
    "stochastic": Kernel(
        stochastic, _PRICES, ("k", "d"), {"window": 14, "smooth": 3, "signal": 3},
        lambda window, smooth, signal: 10 + 2 * window + smooth + signal,
    ),
    "williams": Kernel(williams, _PRICES, ("williams",), {"window": 14}, lambda window: 4 + 2 * window),
    "cci": Kernel(cci, _PRICES, ("cci",), {"window": 20}, lambda window: 4 + window),
}  # fmt: skip
