"""How much of a market traded just before a candle, as shared.candles.volume reads it from the database. Pure."""

from decimal import Decimal

import numpy as np
import numpy.typing as npt

from shared.market.frame import Column

_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000


def minute_volume(times: npt.NDArray[np.int64], volumes: Column, row: int, step: int, _at: int = 0) -> Decimal | None:
    """What traded (base asset) in the newest minute that anything did, within the hour before the candle in `row`.

    Of candles longer than a minute a minute's part. None if nothing traded: nothing is known.
    """
    if step == _MINUTE_MS and row and volumes[row - 1] > 0 and times[row - 1] == times[row] - step:
        return Decimal(repr(float(volumes[row - 1])))
    span = max(_MINUTE_MS, step)
    earliest = int(np.searchsorted(times, times[row] - step - max(_HOUR_MS, step), side="right"))
    busy = np.flatnonzero(volumes[earliest:row] > 0)
    if not len(busy):
        return None
    newest = earliest + int(busy[-1])
    since = int(np.searchsorted(times, times[newest] - span, side="right"))
    return Decimal(repr(float(volumes[since : newest + 1].sum()) * _MINUTE_MS / span))
