"""A seeded random walk with volatility regimes: a pure function of (seed, symbol, time).

A minute's candle is drawn first; the path of its 60 seconds is a bridge that starts at its open, ends at its
close, touches its high and its low and shares out its volume. So the seconds add up to the minutes exactly,
a candle never changes, and a year of minutes costs no seconds.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from simulator.market.candles import Candles
from simulator.market.instrument import Instrument
from simulator.market.noise import Floats, key_of, swing, uniform, value_noise
from simulator.market.timeframe import MINUTE_MS, SECOND_MS, floor

Ticks = npt.NDArray[np.int64]

MINUTE_SIGMA: Final = 0.0006  # of the price, per square root of a minute
MINUTE_PERIODS: Final = tuple(2**power for power in range(16))  # up to a month and a half
SECOND_PERIODS: Final = (1, 3)  # divisors of 60, so that a knot falls on each minute's ends
SWING_MINUTES: Final = 20  # swings that bring an oscillator to both of its extremes within the hour
SWING_SECONDS: Final = 12
MINUTE_SWING: Final = 14.0  # in sigmas of a minute
SECOND_SWING: Final = 20.0  # in sigmas of a second
WICK: Final = 1.8  # in sigmas of a minute: room for the swings of the seconds
REGIME_PERIODS: Final = (4 * 60, 2 * 24 * 60)
MINUTE_QUOTE_VOLUME: Final = 400_000.0
_NONE: Final = Candles(*(np.empty(0, np.int64) for _ in range(6)))


class Walk:
    """The candles of one instrument, in ticks and lots."""

    base_ms = MINUTE_MS
    fine_ms = SECOND_MS
    until_ms = 2**62
    continuous = True

    def __init__(self, traded: Instrument, seed: int, since_ms: int, seconds_since_ms: int) -> None:
        self.since_ms, self.fine_since_ms = since_ms, seconds_since_ms
        self.name = (seed, traded.symbol)
        self._start = int(traded.start_price / traded.tick)
        self._lots = MINUTE_QUOTE_VOLUME / float(traded.start_price * traded.lot)
        self._recent: tuple[int, Candles] | None = None

    def base(self, start_ms: int, end_ms: int) -> Candles:
        """The minutes that open in [start, end), both multiples of a minute."""
        first = start_ms // MINUTE_MS
        count = max(0, end_ms // MINUTE_MS - first)
        if not count:
            return _NONE
        volatility = self._volatility(first, count)
        path = self._closes(first - 1, count + 1)
        opened, closed = path[:-1], path[1:]
        wick = volatility * (self._start * MINUTE_SIGMA)
        return Candles(
            timestamp=np.arange(first, first + count) * MINUTE_MS,
            open=opened,
            high=np.maximum(opened, closed) + self._wick("high", first, wick),
            low=np.minimum(opened, closed) - self._wick("low", first, wick),
            close=closed,
            volume=self._volumes(first, volatility),
        )

    def fine(self, start_ms: int, end_ms: int) -> Candles:
        """The seconds that open in [start, end), both multiples of a second."""
        minute = floor(start_ms, MINUTE_MS)
        if end_ms > minute + MINUTE_MS:
            return self._seconds(self.base(minute, end_ms + MINUTE_MS - 1)).between(start_ms, end_ms)
        if self._recent is None or self._recent[0] != minute:
            self._recent = minute, self._seconds(self.base(minute, minute + MINUTE_MS))
        return self._recent[1].between(start_ms, end_ms)

    def price(self, now_ms: int) -> int:
        """The last price at an instant, in ticks: where the second that is running opened."""
        second = floor(now_ms, SECOND_MS)
        return int(self.fine(second, second + SECOND_MS).open[0])

    def _volatility(self, first: int, count: int) -> Floats:
        slow, slower = (
            value_noise(key_of(*self.name, "regime", period), first, count, period) for period in REGIME_PERIODS
        )
        calm_to_wild: Floats = (1.0 + 0.55 * slow) * (1.0 + 0.45 * slower)
        return calm_to_wild

    def _closes(self, first: int, count: int) -> Ticks:
        volatility = self._volatility(first, count)
        drift = np.zeros(count)
        for period in MINUTE_PERIODS:
            noise = value_noise(key_of(*self.name, "minute", period), first, count, period)
            drift += MINUTE_SIGMA * period**0.5 * noise * (volatility if period <= 64 else 1.0)
        cycle = swing(key_of(*self.name, "minute swing"), first, count, SWING_MINUTES)
        drift += MINUTE_SIGMA * MINUTE_SWING * volatility * cycle
        return np.rint(self._start * (1.0 + drift)).astype(np.int64)

    def _wick(self, side: str, first: int, size: Floats) -> Ticks:
        drawn = uniform(key_of(*self.name, "wick", side), np.arange(first, first + len(size)))
        return np.rint(size * (WICK + drawn * drawn)).astype(np.int64)

    def _volumes(self, first: int, volatility: Floats) -> Ticks:
        drawn = uniform(key_of(*self.name, "volume"), np.arange(first, first + len(volatility)))
        return 60 + np.rint(self._lots * volatility * (0.2 + 1.6 * drawn * drawn)).astype(np.int64)

    def _seconds(self, minutes: Candles) -> Candles:
        first, count = int(minutes.timestamp[0]) // SECOND_MS, len(minutes) * 60
        ends = self._bridge(minutes, first, count)
        starts = np.concatenate((minutes.open[:, None], ends[:, :-1]), axis=1)
        wick = uniform(key_of(*self.name, "second wick"), np.arange(first, first + count)).reshape(-1, 60)
        reach = np.rint(wick * ((minutes.high - minutes.low)[:, None] * 0.04)).astype(np.int64)
        high = np.minimum(np.maximum(starts, ends) + reach, minutes.high[:, None])
        low = np.maximum(np.minimum(starts, ends) - reach, minutes.low[:, None])
        each = np.arange(len(minutes))
        high[each, high.argmax(axis=1)] = minutes.high
        low[each, low.argmin(axis=1)] = minutes.low
        volume = self._shared_out(minutes.volume, first, count)
        opens = np.arange(first, first + count) * SECOND_MS
        return Candles(opens, starts.ravel(), high.ravel(), low.ravel(), ends.ravel(), volume.ravel())

    def _bridge(self, minutes: Candles, first: int, count: int) -> Ticks:
        """Closes, shape (minutes, 60): a line from open to close with noise upon it, folded into the range."""
        size = self._start * MINUTE_SIGMA / 60**0.5 * self._volatility(first // 60, len(minutes))
        noise = np.zeros(count)
        for period in SECOND_PERIODS:
            key = key_of(*self.name, "second", period)
            noise += period**0.5 * value_noise(key, first + 1, count, period, pinned_every=60)
        key = key_of(*self.name, "second swing")
        noise += SECOND_SWING * swing(key, first + 1, count, SWING_SECONDS, pinned_every=60)
        share = np.arange(1, 61) * (1 / 60)
        line = minutes.open[:, None] + share * (minutes.close - minutes.open)[:, None]
        path = np.rint(line + noise.reshape(-1, 60) * size[:, None]).astype(np.int64)
        path[:, 59] = minutes.close
        span = (minutes.high - minutes.low)[:, None]
        turned = (path - minutes.low[:, None]) % np.maximum(2 * span, 1)
        folded: Ticks = minutes.low[:, None] + np.minimum(turned, 2 * span - turned)
        return folded

    def _shared_out(self, volume: Ticks, first: int, count: int) -> Ticks:
        drawn = uniform(key_of(*self.name, "second volume"), np.arange(first, first + count))
        weight = np.cumsum(1 + (64 * drawn).astype(np.int64).reshape(-1, 60), axis=1)
        upto = volume[:, None] * weight // weight[:, -1:]
        return np.diff(upto, axis=1, prepend=0)
