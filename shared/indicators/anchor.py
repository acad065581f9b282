"""Where the run begins that computes an indicator's value: a place the candles alone decide.

An average that began at another row differs in its last bits, and a signal may hang on one. So every value a strategy
sees comes of a run from an anchor, whoever computes it: a trader that has run for a year, one that has just started, a
replica, a backtest. Time is cut into blocks on the grid of the timestamp. A candle's run begins one block before the
candle's own, or as many blocks earlier as it takes to have `warm_up` rows before the own one.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from shared.indicators import with_indicators
from shared.indicators.forms import Run
from shared.market.frame import Frame, Indicator

#: So many candles at least: shorter runs would cost a long history more in calls than in arithmetic.
_SMALLEST = 256

Timestamps = npt.NDArray[np.int64]


def block(step: int, warm_up: int) -> int:
    """The length of a block in ms: a power of two of candles of `step` ms, at least `warm_up` and 256."""
    candles: int = 1 << (max(warm_up, _SMALLEST) - 1).bit_length()
    return candles * step


def anchor(timestamps: Timestamps, row: int, block: int, warm_up: int) -> int:
    """The row at which the run begins that computes this row.

    `timestamps` (ms, ascending) reach back to the anchor, or to where the unbroken history begins: then a run may have
    to begin at its first row.
    """
    own = int(timestamps[row]) // block
    start = int(np.searchsorted(timestamps, own * block))
    if start < warm_up:
        return 0
    earliest = min(own - 1, int(timestamps[start - warm_up]) // block) if warm_up else own - 1
    return int(np.searchsorted(timestamps, earliest * block))


def runs(timestamps: Timestamps, block: int, warm_up: int) -> list[Run]:
    """The runs that compute all rows, one for each block that has any."""
    blocks = timestamps // block
    starts = np.flatnonzero(np.diff(blocks, prepend=-1)).tolist()
    ends = [*starts, len(timestamps)][1:]
    return [Run(anchor(timestamps, start, block, warm_up), start, end) for start, end in zip(starts, ends, strict=True)]


def anchored(frame: Frame, indicators: Mapping[str, Indicator], block: int, warm_up: int) -> Frame:
    """The frame with a column for each indicator, each row's value from its own anchored run.

    To the bit what a trader computes candle by candle, if the functions are causal: a row's value is made of that row
    and those before it. `frame` is an unbroken history from its beginning, or from the anchor of the first row that
    counts.
    """
    return with_indicators(frame, indicators, runs(frame.timestamps, block, warm_up))
