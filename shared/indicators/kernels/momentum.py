"""How fast the close moves."""

import math

from shared.indicators.kernel import Kernel, Values

#: Far below any change of a price, also when it has been lifted; a power of two changes no digit.
_FAINT, _LIFT = 1e-280, 2.0**200


def rsi(close: Values, window: int, state: Values, out: Values) -> None:
    """Relative strength index: 100 * rise / (rise + fall), averages of Wilder's, seeded with the mean of the first.

    50 where nothing has ever moved: neither strong nor weak. J. Welles Wilder, New Concepts in Technical Trading
    Systems (1978). State: rows, close before, average rise, average fall.
    """
    seen, before, rise, fall = state[0], state[1], state[2], state[3]
    keep, half = (window - 1) / window, 0.5 / window
    for row in range(len(close)):
        value = close[row]
        change = value - before if seen > 0.0 else 0.0
        size = abs(change)
        before = value
        seen += 1.0
        weight = keep if seen > window + 1 else 1.0
        rise = rise * weight + (size + change) * half  # twice the rise, or 0: no branch for the processor to guess
        fall = fall * weight + (size - change) * half
        both = rise + fall
        if seen > window:
            out[row] = 100.0 * rise / both if both > 0.0 else 50.0
            if 0.0 < both < _FAINT:  # where nothing has moved for long their digits would go, and with them the ratio
                rise, fall = rise * _LIFT, fall * _LIFT
        else:
            out[row] = math.nan
    state[0], state[1], state[2], state[3] = seen, before, rise, fall


def macd(
    close: Values, fast: int, slow: int, signal: int, state: Values, lines: Values, signals: Values, rest: Values
) -> None:
    """Fast less slow exponential average; an exponential average of that, the signal line; and the difference of both.

    As TA-Lib: both averages are seeded where the slow one is, each with the mean of its own window, and all three
    outputs begin with the signal line. Gerald Appel, Technical Analysis: Power Tools for Active Investors (2005).
    State: rows, fast average, slow average, signal line.
    """
    seen, quick, lazy, smooth = state[0], state[1], state[2], state[3]
    quick_share, lazy_share, smooth_share = 2.0 / (fast + 1), 2.0 / (slow + 1), 2.0 / (signal + 1)
    defined = slow + signal - 1
    for row in range(len(close)):
        value = close[row]
        seen += 1.0
        if seen > slow:
            quick += (value - quick) * quick_share
            lazy += (value - lazy) * lazy_share
        else:  # sums, until the slow window is full
            lazy += value
            quick += value if seen > slow - fast else 0.0
            if seen == slow:
                quick, lazy = quick / fast, lazy / slow
        line = quick - lazy
        if seen > defined:
            smooth += (line - smooth) * smooth_share
        elif seen >= slow:
            smooth += line
            if seen == defined:
                smooth /= signal
        if seen >= defined:
            lines[row], signals[row], rest[row] = line, smooth, line - smooth
        else:
            lines[row] = signals[row] = rest[row] = math.nan
    state[0], state[1], state[2], state[3] = seen, quick, lazy, smooth


def roc(close: Values, window: int, state: Values, out: Values) -> None:
    """Rate of change: percent above the close `window` candles ago; NaN if that was 0. State: rows, ring."""
    seen, rows = int(state[0]), len(close)
    for row in range(rows):
        old = close[row - window] if row >= window else state[1 + (seen + row) % window]
        out[row] = (close[row] / old - 1.0) * 100.0 if seen + row >= window and old != 0.0 else math.nan
    for row in range(max(0, rows - window), rows):
        state[1 + (seen + row) % window] = close[row]
    state[0] = seen + rows


def _macd_size(fast: int, slow: int, signal: int) -> int:  # noqa: ARG001
    if fast >= slow:
        raise ValueError(f"macd's fast window must be smaller than its slow one, not {fast} and {slow}")
    return 4


KERNELS = {
    "rsi": Kernel(rsi, ("close",), ("rsi",), {"window": 14}, lambda window: 4),  # noqa: ARG005
    "macd": Kernel(
        macd, ("close",), ("macd", "signal", "histogram"), {"fast": 12, "slow": 26, "signal": 9}, _macd_size
    ),
    "roc": Kernel(roc, ("close",), ("roc",), {"window": 10}, lambda window: 1 + window),
}
