"""One symbol's market at an instant: candles of any timeframe, outages cut out, and the forming one."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, Protocol

import numpy as np

from simulator.market.candles import Candles, aggregate, concatenate, merge
from simulator.market.instrument import Instrument
from simulator.market.rendering import Digits
from simulator.market.timeframe import DAY_MS, SECOND_MS, TIMEFRAMES, ceil, floor

_DEPTH: Final = Decimal(50_000)  # in the quote asset: what the top of the book shows


class Source(Protocol):
    """Where candles come from. `base` are the candles of `base_ms`; `fine` are the steps of `fine_ms` inside them.

    Aggregated, the fine candles of a base candle are that candle. `continuous`: there is a price at every instant, so
    that the open of a second is known when it begins.
    """

    base_ms: int
    fine_ms: int
    since_ms: int
    fine_since_ms: int
    until_ms: int
    continuous: bool

    def base(self, start_ms: int, end_ms: int) -> Candles: ...

    def fine(self, start_ms: int, end_ms: int) -> Candles: ...

    def price(self, now_ms: int) -> Any: ...


@dataclass(frozen=True, slots=True)
class Quote:
    """Top of the book: exact prices, and the amount that stands at each."""

    bid: Decimal
    ask: Decimal
    amount: Decimal


@dataclass(eq=False, slots=True)
class Market:
    """`outages` are half-open intervals of whole seconds in which nothing trades."""

    traded: Instrument
    source: Source
    digits: Digits
    spread_bps: Decimal = Decimal(2)
    outages: list[tuple[int, int]] = field(default_factory=list)
    _running: dict[tuple[int, int], Candles] = field(default_factory=dict)

    def timeframes(self) -> list[str]:
        return [name for name, step_ms in TIMEFRAMES.items() if self.source_of(step_ms) is not None]

    def source_of(self, timeframe_ms: int) -> int | None:
        """The step a timeframe is aggregated from; None when the market does not have that timeframe."""
        if timeframe_ms % self.source.base_ms == 0:
            return self.source.base_ms
        return self.source.fine_ms if timeframe_ms == self.source.fine_ms else None

    def since_ms(self, timeframe_ms: int) -> int:
        """The open time of the first candle of a timeframe."""
        fine = self.source_of(timeframe_ms) == self.source.fine_ms < self.source.base_ms
        return ceil(self.source.fine_since_ms if fine else self.source.since_ms, timeframe_ms)

    def closed(self, timeframe_ms: int, start_ms: int, end_ms: int) -> Candles:
        """Candles in [start, end), both multiples of the timeframe, `end` not in the future."""
        start_ms = max(start_ms, self.since_ms(timeframe_ms))
        if self.source_of(timeframe_ms) == self.source.base_ms:
            return aggregate(self._base(start_ms, max(start_ms, end_ms)), timeframe_ms)
        return self.fine(start_ms, max(start_ms, end_ms))

    def forming(self, timeframe_ms: int, now_ms: int) -> Candles:
        """The candle that is open at `now`: one, or none in an outage."""
        return self.running(floor(now_ms, timeframe_ms), now_ms)

    def running(self, start_ms: int, now_ms: int) -> Candles:
        """All that traded from `start`, a multiple of the base, up to `now`, as one candle (or none)."""
        second = floor(now_ms, SECOND_MS)
        if any(key[1] != second for key in self._running):
            self._running.clear()
        if (start_ms, second) not in self._running:
            self._running[start_ms, second] = self._sum_up(start_ms, second)
        return self._running[start_ms, second]

    def day(self, now_ms: int) -> Candles:
        """The last 24 hours, from a whole base candle on, as one candle (or none)."""
        return self.running(ceil(now_ms - DAY_MS, self.source.base_ms), now_ms)

    def quote(self, now_ms: int) -> Quote:
        last = Decimal(self.digits.price(self.source.price(now_ms)))
        tick = self.traded.tick
        half = max(tick, (last * self.spread_bps / 20_000).quantize(tick))
        last = max(last.quantize(tick), tick + half)
        return Quote(last - half, last + half, (_DEPTH / last).quantize(self.traded.lot))

    def outage(self, start_ms: int, end_ms: int) -> None:
        """Cut out [start, end), widened to whole seconds."""
        self.outages.append((floor(start_ms, SECOND_MS), ceil(end_ms, SECOND_MS)))
        self._running.clear()

    def _sum_up(self, start_ms: int, second_ms: int) -> Candles:
        split = max(start_ms, floor(second_ms, self.source.base_ms))
        parts = [self._base(start_ms, split)] if split > start_ms else []
        parts.append(self.fine(max(split, start_ms), second_ms))
        parts += [self._opening(second_ms)] if self.source.continuous else []
        whole = concatenate(parts)
        if not len(whole):
            return whole
        return aggregate(replace(whole, timestamp=np.full(len(whole), start_ms)), SECOND_MS)

    def _opening(self, second_ms: int) -> Candles:
        """The second that has just begun: its open, and nothing traded yet."""
        begun = self.fine(second_ms, second_ms + SECOND_MS)
        return Candles(begun.timestamp, begun.open, begun.open, begun.open, begun.open, 0 * begun.volume)

    def _base(self, start_ms: int, end_ms: int) -> Candles:
        """Base candles; one that an outage cuts into is made of the fine candles that are left of it."""
        step_ms = self.source.base_ms
        whole = self.source.base(start_ms, end_ms)
        cut = [hole for hole in self.outages if hole[0] < end_ms and hole[1] > start_ms]
        if not cut:
            return whole
        edges = {floor(edge, step_ms) for hole in cut for edge in hole if edge % step_ms}
        parts = [self.fine(edge, edge + step_ms) for edge in edges if start_ms <= edge < end_ms]
        return merge([whole.without(cut, step_ms), *(aggregate(part, step_ms) for part in parts)])

    def fine(self, start_ms: int, end_ms: int) -> Candles:
        """The fine candles that open in [start, end), outages cut out."""
        return self.source.fine(start_ms, end_ms).without(self.outages, self.source.fine_ms)
