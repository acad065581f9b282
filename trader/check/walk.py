"""Made-up candles for a check without stored ones."""

import numpy as np

from shared.market import Frame

_START, _VOLATILITY = 100.0, 0.002
#: In each so many candles as many come without a trade, as thin markets have them: a division by zero shows itself.
_EVERY, _QUIET = 400, 40


def walk(count: int, seed: int, step: int) -> Frame:
    """A geometric random walk of `count` candles of `step` ms, the same for the same seed; quiet now and then."""
    chance = np.random.default_rng(seed)
    busy = np.arange(count) % _EVERY < _EVERY - _QUIET
    close = _START * np.exp(np.cumsum(chance.normal(0, _VOLATILITY, count) * busy))
    opening = np.concatenate([[_START], close[:-1]])[:count]
    reach = np.abs(chance.normal(0, _VOLATILITY / 2, (2, count))) * busy
    columns = {
        "open": opening,
        "high": np.maximum(opening, close) * (1 + reach[0]),
        "low": np.minimum(opening, close) * (1 - reach[1]),
        "close": close,
        "volume": chance.exponential(10, count) * busy,
    }
    return Frame(np.arange(count, dtype=np.int64) * step, columns)
