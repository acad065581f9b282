"""What is traded, and at which price."""

import math

from shared.indicators.kernel import Kernel, Values

_DAY = 86_400_000.0


def obv(close: Values, volume: Values, state: Values, out: Values) -> None:
    """On-balance volume, in the base asset: what rising rows traded less what falling rows did.

    It begins with the first row's volume, as in TA-Lib. Its level depends on where it begins, so only its changes
    mean anything. Joseph Granville, New Key to Stock Market Profits (1963). State: rows, close before, total.
    """
    seen, before, total = state[0], state[1], state[2]
    for row in range(len(close)):
        value, traded = close[row], volume[row]
        rises, falls = seen == 0.0 or value > before, seen > 0.0 and value < before
        total += traded if rises else (-traded if falls else 0.0)
        out[row] = total
        before = value
        seen += 1.0
    state[0], state[1], state[2] = seen, before, total


def mfi(high: Values, low: Values, close: Values, volume: Values, window: int, state: Values, out: Values) -> None:
    """Money flow index: 100 * what flowed in / what flowed, over the last `window` changes of the typical price.

    50 where nothing flowed. Begins at row `window`, as in TA-Lib, and two typical prices that differ by rounding alone
    are equal, as there. Gene Quong and Avrum Soudack, Stocks & Commodities 7:3 (1989). State: rows, typical price
    before, place, the block's flow in and out, rings of both.

    The changes fall into blocks of `window`. A sum over the last `window` is this block's so far and the rest of the
    block before, which is summed from its end backwards, in place, once it is full. Nothing is ever subtracted: no
    rounding is left over when the flow ends.
    """
    seen, before, place, inward, outward = state[0], state[1], int(state[2]), state[3], state[4]
    ins, outs = 5, 5 + window
    for row in range(len(close)):
        typical = (high[row] + low[row] + close[row]) / 3.0
        out[row] = math.nan
        if seen > 0.0:
            flow, change = typical * volume[row], typical - before
            noise = 1e-14 * (abs(typical) + abs(before))
            state[ins + place] = flow if change > noise else 0.0
            state[outs + place] = flow if change < -noise else 0.0
            inward += state[ins + place]
            outward += state[outs + place]
            place += 1
            gain, loss = inward, outward
            if place < window:
                gain, loss = gain + state[ins + place], loss + state[outs + place]
            else:
                for back in range(window - 2, 0, -1):
                    state[ins + back] += state[ins + back + 1]
                    state[outs + back] += state[outs + back + 1]
                place, inward, outward = 0, 0.0, 0.0
            if seen >= window:
                out[row] = 100.0 * gain / (gain + loss) if gain + loss > 0.0 else 50.0
        before = typical
        seen += 1.0
    state[0], state[1], state[2], state[3], state[4] = seen, before, place, inward, outward


def vwap(
    timestamp: Values, high: Values, low: Values, close: Values, volume: Values, state: Values, out: Values
) -> None:
    """The volume-weighted average of the day's typical prices so far; a day begins at midnight UTC.

    As TradingView's `ta.vwap`, but NaN until the first midnight: a day whose beginning is not seen has no such price.
    So a warm-up must hold a whole day. NaN too until something is traded that day. State: rows, end of the day, whether
    its beginning was seen (1 or 0), price times volume, volume.
    """
    seen, end, whole, paid, traded = state[0], state[1], state[2], state[3], state[4]
    for row in range(len(close)):
        if timestamp[row] >= end or seen == 0.0:
            begin = timestamp[row] // _DAY * _DAY
            whole = 1.0 if seen > 0.0 or timestamp[row] == begin else 0.0
            end, paid, traded = begin + _DAY, 0.0, 0.0
        paid += (high[row] + low[row] + close[row]) / 3.0 * volume[row]
        traded += volume[row]
        out[row] = paid / traded if whole > 0.0 and traded > 0.0 else math.nan
        seen += 1.0
    state[0], state[1], state[2], state[3], state[4] = seen, end, whole, paid, traded


KERNELS = {
    "obv": Kernel(obv, ("close", "volume"), ("obv",), {}, lambda: 3),
    "mfi": Kernel(mfi, ("high", "low", "close", "volume"), ("mfi",), {"window": 14}, lambda window: 5 + 2 * window),
    "vwap": Kernel(vwap, ("timestamp", "high", "low", "close", "volume"), ("vwap",), {}, lambda: 5),
}
