"""A market of single trades: the few trades that make each minute of a walk, and candles that are made of them."""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from simulator.market.candles import Candles, Column, aggregate
from simulator.market.noise import Floats, key_of, uniform
from simulator.market.timeframe import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, ceil, floor
from simulator.market.walk import Walk

A_MINUTE: Final = 8  # trades in each minute that has any
NS: Final = 1_000_000
_SLOT_NS: Final = MINUTE_MS * NS // A_MINUTE
_NEIGHBOUR_NS: Final = 1_000  # so close to the trade before it that the time on the wire is mostly the same
_NEIGHBOURS: Final = 0.25  # of the minutes have such a pair
_FIRST_EXTREME, _SECOND_EXTREME, _PAIRED = 2, 5, 4


@dataclass(frozen=True, slots=True)
class Trades:
    """Columns of one length, sorted: `time_ns` (UTC, distinct), `price` in ticks, `lots`, `is_buy`.

    `number` rises with time; it has holes where a minute did not trade.
    """

    number: Column
    time_ns: Column
    price: Column
    lots: Column
    is_buy: Column

    def __len__(self) -> int:
        return len(self.number)

    def __getitem__(self, chosen: slice | Column) -> Self:
        columns = (self.number, self.time_ns, self.price, self.lots, self.is_buy)
        return type(self)(*(column[chosen] for column in columns))

    def rows(self) -> list[tuple[int, int, int, int, bool]]:
        """(number, time_ns, price, lots, is_buy) of each."""
        columns = (self.number, self.time_ns, self.price, self.lots, self.is_buy)
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def candles(self) -> Candles:
        """The seconds in which something traded."""
        time, price = self.time_ns // NS, self.price
        return aggregate(Candles(time, price, price, price, price, self.lots), SECOND_MS)

    def without(self, intervals: list[tuple[int, int]]) -> Self:
        """Those outside the half-open `intervals` (ms)."""
        kept = np.ones(len(self), dtype=bool)
        for start_ms, end_ms in intervals:
            kept &= (self.time_ns < start_ms * NS) | (self.time_ns >= end_ms * NS)
        return self[kept]


class Traded:
    """A walk seen through its trades. Only the drawn `share` of its minutes has any: the others have no candle."""

    base_ms = MINUTE_MS
    fine_ms = SECOND_MS
    until_ms = 2**62
    continuous = False

    def __init__(self, walk: Walk, share: float = 1.0) -> None:
        self.since_ms = self.fine_since_ms = walk.since_ms
        self.share = share
        self._walk = walk
        self._recent: tuple[int, Candles] | None = None

    def base(self, start_ms: int, end_ms: int) -> Candles:
        """The minutes that open in [start, end), both multiples of a minute, and traded."""
        minutes = self._walk.base(start_ms, end_ms)
        if self.share >= 1.0:
            return minutes
        drawn = uniform(key_of(*self._walk.name, "traded"), minutes.timestamp // MINUTE_MS)
        return minutes[drawn < self.share]

    def fine(self, start_ms: int, end_ms: int) -> Candles:
        """The seconds that open in [start, end), both multiples of a second, and traded."""
        minute = floor(start_ms, MINUTE_MS)
        if end_ms > minute + MINUTE_MS:
            return self.trades(start_ms, end_ms).candles()
        if self._recent is None or self._recent[0] != minute:
            self._recent = minute, self.trades(minute, minute + MINUTE_MS).candles()
        return self._recent[1].between(start_ms, end_ms)

    def price(self, now_ms: int) -> Any:
        """The price, in ticks, of the last trade before the second that is running."""
        second = floor(now_ms, SECOND_MS)
        for back_ms in (MINUTE_MS, HOUR_MS, 30 * DAY_MS):
            seconds = self.fine(max(self.since_ms, floor(second, MINUTE_MS) - back_ms), second)
            if len(seconds):
                return seconds.close[-1]
        return self._walk.base(self.since_ms, self.since_ms + MINUTE_MS).open[0]

    def trades(self, start_ms: int, end_ms: int) -> Trades:
        """The trades in [start, end)."""
        start_ms = max(start_ms, self.since_ms)
        whole = self._made(self.base(floor(start_ms, MINUTE_MS), max(start_ms, ceil(end_ms, MINUTE_MS))))
        first, last = np.searchsorted(whole.time_ns, (start_ms * NS, end_ms * NS))
        return whole[int(first) : int(last)]

    def _made(self, minutes: Candles) -> Trades:
        """Eight trades of each minute: its open, its extremes and its close, four more, and its volume shared out."""
        number = (minutes.timestamp // MINUTE_MS * A_MINUTE)[:, None] + np.arange(A_MINUTE)
        return Trades(
            number=number.ravel(),
            time_ns=self._times(minutes, number).ravel(),
            price=self._prices(minutes, number).ravel(),
            lots=self._lots(minutes, number).ravel(),
            is_buy=(self._drawn("side", number) < 0.5).ravel(),
        )

    def _drawn(self, what: str, number: Column) -> Floats:
        return uniform(key_of(*self._walk.name, "trade", what), number)

    def _times(self, minutes: Candles, number: Column) -> Column:
        within = 1 + (self._drawn("time", number) * (_SLOT_NS - 2 * _NEIGHBOUR_NS)).astype(np.int64)
        times = minutes.timestamp[:, None] * NS + np.arange(A_MINUTE) * _SLOT_NS + within
        paired = self._drawn("pair", number[:, 0]) < _NEIGHBOURS
        times[paired, _PAIRED] = times[paired, _PAIRED - 1] + _NEIGHBOUR_NS
        return times

    def _prices(self, minutes: Candles, number: Column) -> Column:
        low, span = minutes.low[:, None], (minutes.high - minutes.low)[:, None]
        prices: Column = low + (self._drawn("price", number) * (span + 1)).astype(np.int64)
        high_first = self._drawn("high first", number[:, 0]) < 0.5
        prices[:, 0], prices[:, -1] = minutes.open, minutes.close
        prices[:, _FIRST_EXTREME] = np.where(high_first, minutes.high, minutes.low)
        prices[:, _SECOND_EXTREME] = np.where(high_first, minutes.low, minutes.high)
        return prices

    def _lots(self, minutes: Candles, number: Column) -> Column:
        """At least one lot each; together the volume of the minute."""
        weight = np.cumsum(1 + (64 * self._drawn("lots", number)).astype(np.int64), axis=1)
        upto = (minutes.volume - A_MINUTE)[:, None] * weight // weight[:, -1:]
        return 1 + np.diff(upto, axis=1, prepend=0)
