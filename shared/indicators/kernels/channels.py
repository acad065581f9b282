"""Between which prices the market moves.

A highest high costs O(1) a row on average (van Herk 1992; Gil and Werman 1993). Rows fall into blocks of `window`; the
highest of the last `window` is that of this block so far or of the rest of the block before, whose ring is turned into
the maxima from its end backwards, in place, once it is full.
"""

import math

from shared.indicators.kernel import Kernel, Values


def donchian(
    high: Values, low: Values, window: int, state: Values, middle: Values, upper: Values, lower: Values
) -> None:
    """Highest high and lowest low of the last `window` rows, and the middle between them.

    The row itself is among them (as in TradingView and `ta`), so a breakout is a close beyond the row before's
    channel. State: rows, place, the block's highest and lowest so far, rings of both.
    """
    seen, place, top, bottom = state[0], int(state[1]), state[2], state[3]
    highs, lows = 4, 4 + window
    for row in range(len(high)):
        top = max(top, high[row]) if place > 0 else high[row]
        bottom = min(bottom, low[row]) if place > 0 else low[row]
        state[highs + place], state[lows + place] = high[row], low[row]
        seen += 1.0
        place += 1
        highest, lowest = top, bottom
        if place < window:
            highest, lowest = max(top, state[highs + place]), min(bottom, state[lows + place])
        else:
            for back in range(window - 2, 0, -1):
                state[highs + back] = max(state[highs + back], state[highs + back + 1])
                state[lows + back] = min(state[lows + back], state[lows + back + 1])
            place = 0
        full = seen >= window
        middle[row] = (highest + lowest) / 2.0 if full else math.nan
        upper[row] = highest if full else math.nan
        lower[row] = lowest if full else math.nan
    state[0], state[1], state[2], state[3] = seen, place, top, bottom


def ichimoku(
    high: Values,
    low: Values,
    close: Values,
    short: int,
    medium: int,
    long: int,
    state: Values,
    conversion: Values,
    base: Values,
    span_a: Values,
    span_b: Values,
    lagging: Values,
) -> None:
    """The middles of three Donchian channels (Goichi Hosoda, 1969), each at the row whose candle completes it.

    Nothing is shifted, so nothing looks ahead. Charts draw both spans `medium` - 1 rows later (the cloud at row i is
    span_a and span_b of row i - 25) and the lagging line, which is the close, as many rows earlier (compare it with the
    high and low of row i - 25). State: rows, then for each window place, highest, lowest, middle, rings of both.
    """
    seen = state[0]
    for row in range(len(close)):
        seen += 1.0
        at = 1
        for window in (short, medium, long):
            place, highs, lows = int(state[at]), at + 4, at + 4 + window
            top = max(state[at + 1], high[row]) if place > 0 else high[row]
            bottom = min(state[at + 2], low[row]) if place > 0 else low[row]
            state[highs + place], state[lows + place] = high[row], low[row]
            place += 1
            highest, lowest = top, bottom
            if place < window:
                highest, lowest = max(top, state[highs + place]), min(bottom, state[lows + place])
            else:
                for back in range(window - 2, 0, -1):
                    state[highs + back] = max(state[highs + back], state[highs + back + 1])
                    state[lows + back] = min(state[lows + back], state[lows + back + 1])
                place = 0
            middle = (highest + lowest) / 2.0 if seen >= window else math.nan
            state[at], state[at + 1], state[at + 2], state[at + 3] = place, top, bottom, middle
            at += 4 + 2 * window
        conversion[row] = state[4]
        base[row] = state[8 + 2 * short]
        span_a[row] = (conversion[row] + base[row]) / 2.0
        span_b[row] = state[12 + 2 * short + 2 * medium]
        lagging[row] = close[row]
    state[0] = seen


def keltner(
    high: Values,
    low: Values,
    close: Values,
    window: int,
    atr_window: int,
    multiple: float,
    state: Values,
    middle: Values,
    upper: Values,
    lower: Values,
) -> None:
    """The EMA of the close, and `multiple` average true ranges above and below it (Linda Raschke's form).

    The average true range is that of `atr`; TradingView's and `ta`'s channels are the same once its seed is forgotten,
    TA-Lib's is as wide but has the EMA of the typical price in its middle. The middle is there before the bands are if
    `atr_window` is the longer one. State: rows, close before, EMA, average true range.
    """
    seen, before, average, reach = state[0], state[1], state[2], state[3]
    share, atr_share, atr_keep = 2.0 / (window + 1), 1.0 / atr_window, (atr_window - 1) / atr_window
    for row in range(len(close)):
        value = close[row]
        if seen > 0.0:
            span = max(high[row], before) - min(low[row], before)
            reach = reach * (atr_keep if seen > atr_window else 1.0) + span * atr_share
        banded = seen >= window - 1 and seen >= atr_window
        average += (value - average) * share if seen >= window else value  # the sum, until the window is full
        seen += 1.0
        if seen == window:
            average /= window
        middle[row] = average if seen >= window else math.nan
        upper[row] = average + multiple * reach if banded else math.nan
        lower[row] = average - multiple * reach if banded else math.nan
        before = value
    state[0], state[1], state[2], state[3] = seen, before, average, reach


_CANDLE = ("high", "low", "close")
_CHANNEL = ("middle", "upper", "lower")

KERNELS = {
    "donchian": Kernel(donchian, ("high", "low"), _CHANNEL, {"window": 20}, lambda window: 4 + 2 * window),
    "ichimoku": Kernel(
        ichimoku,
        _CANDLE,
        ("conversion", "base", "span_a", "span_b", "lagging"),
        {"short": 9, "medium": 26, "long": 52},
        lambda short, medium, long: 13 + 2 * (short + medium + long),
    ),
    "keltner": Kernel(
        keltner,
        _CANDLE,
        _CHANNEL,
        {"window": 20, "atr_window": 10, "multiple": 2.0},
        lambda window, atr_window, multiple: 4,  # noqa: ARG005
    ),
}
