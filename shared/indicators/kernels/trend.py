"""Which way the price goes, and how surely."""

import math

from shared.indicators.kernel import Kernel, Values


def adx(
    high: Values, low: Values, close: Values, window: int, state: Values, strength: Values, plus: Values, minus: Values
) -> None:
    """Average directional index, and the directional indicators +DI and -DI it comes from; all from 0 to 100.

    +DI and -DI begin at row `window`, ADX at row 2 * `window` - 1, as in TA-Lib. Where nothing moves there is no
    direction: +DI and -DI are 0 then, and ADX stays what it was. J. Welles Wilder, New Concepts in Technical Trading
    Systems (1978). State: rows, high, low and close before, sums of +DM, -DM and true range, ADX.
    """
    seen, last_high, last_low, last_close = state[0], state[1], state[2], state[3]
    up, down, reach, average = state[4], state[5], state[6], state[7]
    share, keep = 100.0 / window, (window - 1) / window
    for row in range(len(close)):
        if seen > 0.0:
            rise, fall = high[row] - last_high, last_low - low[row]
            weight = keep if seen >= window else 1.0
            up = up * weight + (rise if rise > fall and rise > 0.0 else 0.0)
            down = down * weight + (fall if fall > rise and fall > 0.0 else 0.0)
            reach = reach * weight + (max(high[row], last_close) - min(low[row], last_close))
            if reach < 1e-14 * abs(last_close):  # faded: not a move of this price any more, and soon not a ratio
                up = down = reach = 0.0
        last_high, last_low, last_close = high[row], low[row], close[row]
        seen += 1.0
        if seen <= window:
            strength[row] = plus[row] = minus[row] = math.nan
            continue
        plus[row] = 100.0 * up / reach if reach > 0.0 else 0.0
        minus[row] = 100.0 * down / reach if reach > 0.0 else 0.0
        if up + down > 0.0:
            average = average * (keep if seen > 2 * window else 1.0) + abs(up - down) / (up + down) * share
        strength[row] = average if seen >= 2 * window else math.nan
    state[0], state[1], state[2], state[3] = seen, last_high, last_low, last_close
    state[4], state[5], state[6], state[7] = up, down, reach, average


def psar(high: Values, low: Values, acceleration: float, maximum: float, state: Values, out: Values) -> None:
    """Parabolic stop and reverse, a price: above the candles while they fall, below them while they rise.

    Begins at row 1, falling if the low moved down by more than the high moved up, as in TA-Lib. J. Welles Wilder,
    New Concepts in Technical Trading Systems (1978). State: rows, high and low before, stop, extreme, factor, and
    whether it rises (1 or 0).
    """
    seen, last_high, last_low, stop = state[0], state[1], state[2], state[3]
    extreme, factor, rises = state[4], state[5], state[6] > 0.0
    for row in range(len(high)):
        top, bottom = high[row], low[row]
        if seen == 0.0:
            out[row] = math.nan
        else:
            if seen == 1.0:
                fall = last_low - bottom
                rises = not (fall > 0.0 and fall > top - last_high)
                stop, extreme = (last_low, top) if rises else (last_high, bottom)
                factor, last_high, last_low = acceleration, top, bottom
            if bottom <= stop if rises else top >= stop:
                rises = not rises
                stop = min(extreme, last_low, bottom) if rises else max(extreme, last_high, top)
                extreme, factor = (top if rises else bottom), acceleration
            out[row] = stop
            if top > extreme if rises else bottom < extreme:
                extreme, factor = (top if rises else bottom), min(factor + acceleration, maximum)
            stop += factor * (extreme - stop)
            stop = min(stop, last_low, bottom) if rises else max(stop, last_high, top)
        last_high, last_low = top, bottom
        seen += 1.0
    state[0], state[1], state[2], state[3] = seen, last_high, last_low, stop
    state[4], state[5], state[6] = extreme, factor, 1.0 if rises else 0.0


def supertrend(
    high: Values, low: Values, close: Values, window: int, multiple: float, state: Values, line: Values, way: Values
) -> None:
    """The stop line, a price, and the direction of the trend: 1 while it rises, -1 while it falls.

    Begins at row `window` and rising, on the average true range of `atr`, as in TA-Lib. TradingView's `ta.supertrend`
    begins a row earlier and falling, and its direction has the opposite sign: the lines are the same once they have
    turned together. State: rows, close before, average true range, upper band, lower band, line.
    """
    seen, before, average = state[0], state[1], state[2]
    upper, lower, last = state[3], state[4], state[5]
    share, keep = 1.0 / window, (window - 1) / window
    for row in range(len(close)):
        if seen > 0.0:
            reach = max(high[row], before) - min(low[row], before)
            average = average * (keep if seen > window else 1.0) + reach * share
        line[row] = way[row] = math.nan
        if seen >= window:
            middle, last_upper, first = (high[row] + low[row]) / 2.0, upper, seen == window
            over, under = middle + multiple * average, middle - multiple * average
            upper = over if first or over < upper or before > upper else upper
            lower = under if first or under > lower or before < lower else lower
            rises = first or (close[row] > upper if last == last_upper else close[row] >= lower)
            line[row] = last = lower if rises else upper
            way[row] = 1.0 if rises else -1.0
        before = close[row]
        seen += 1.0
    state[0], state[1], state[2] = seen, before, average
    state[3], state[4], state[5] = upper, lower, last


def _psar_size(acceleration: float, maximum: float) -> int:
    if acceleration > maximum:
        raise ValueError(f"psar's acceleration, {acceleration:g}, is above its maximum, {maximum:g}")
    return 7


_CANDLE = ("high", "low", "close")

KERNELS = {
    "adx": Kernel(adx, _CANDLE, ("adx", "plus_di", "minus_di"), {"window": 14}, lambda window: 8),  # noqa: ARG005
    "psar": Kernel(psar, ("high", "low"), ("psar",), {"acceleration": 0.02, "maximum": 0.2}, _psar_size),
    "supertrend": Kernel(
        supertrend,
        _CANDLE,
        ("line", "direction"),
        {"window": 10, "multiple": 3.0},
        lambda window, multiple: 6,  # noqa: ARG005
    ),
}
