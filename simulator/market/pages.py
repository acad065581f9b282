"""Rendered klines: blocks of candles kept as JSON text, so that a page is a few slices of bytes."""

from collections import OrderedDict
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np

from simulator.market.candles import Candles, Column, concatenate
from simulator.market.market import Market
from simulator.market.revisions import PROMPT, Publication, Revisions, provisional
from simulator.market.timeframe import ceil, floor

BLOCK: Final = 1_000  # candles
KEPT: Final = 2_048  # blocks, of about 120 kB each


@dataclass(frozen=True, slots=True)
class Block:
    """Settled rows of a stretch, up to `through_ms`; row i and its comma are text[ends[i]:ends[i + 1]]."""

    timestamp: Column
    text: bytes
    ends: list[int]
    through_ms: int

    def extended(self, candles: Candles, rows: list[str], through_ms: int) -> "Block":
        """This block with the rows that were settled since."""
        text = "".join(row + "," for row in rows).encode()
        ends = list(accumulate((len(row) + 1 for row in rows), initial=self.ends[-1]))
        timestamp = np.concatenate((self.timestamp, candles.timestamp))
        return Block(timestamp, self.text + text, self.ends[:-1] + ends, through_ms)


@dataclass(frozen=True, slots=True)
class Window:
    """What a klines request asks for: bounds on the open time, both inclusive, and at most `limit` rows."""

    start_ms: int | None
    end_ms: int | None
    limit: int


class Pages:
    """The klines of every series as the exchange answers them."""

    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions
        self._blocks: OrderedDict[tuple[str, int, int], Block] = OrderedDict()

    def page(
        self, market: Market, timeframe_ms: int, asked: Window, now_ms: int, publication: Publication = PROMPT
    ) -> bytes:
        """A JSON array of kline rows as the exchange would answer at `now`."""
        settled_ms, candles = self._unsettled(market, timeframe_ms, now_ms, publication)
        since_ms = market.since_ms(timeframe_ms)
        start_ms = max(since_ms if asked.start_ms is None else asked.start_ms, since_ms)
        end_ms = min(now_ms if asked.end_ms is None else asked.end_ms, now_ms) + 1
        rows = market.digits.rows(candles.between(start_ms, end_ms), timeframe_ms)
        stretch = (start_ms, min(end_ms, settled_ms, market.source.until_ms))
        if asked.start_ms is None:
            rows = rows[-asked.limit :]
            text, _ = self._settled(market, timeframe_ms, stretch, asked.limit - len(rows), newest=True)
        else:
            text, count = self._settled(market, timeframe_ms, stretch, asked.limit)
            rows = rows[: asked.limit - count]
        return b"[" + (text + ",".join(rows).encode()).rstrip(b",") + b"]"

    def warm(self, market: Market, timeframe_ms: int, now_ms: int) -> None:
        """Render the whole past of a series beforehand."""
        span_ms, end_ms = BLOCK * timeframe_ms, min(floor(now_ms, timeframe_ms), market.source.until_ms)
        for begin_ms in range(floor(market.since_ms(timeframe_ms), span_ms), end_ms, span_ms):
            self._block(market, timeframe_ms, begin_ms // span_ms, min(begin_ms + span_ms, end_ms))

    def truth(self, market: Market, timeframe_ms: int, start_ms: int, end_ms: int) -> Candles:
        """Closed candles that open in [start, end), as they finally stand, whatever is late or provisional."""
        candles = market.closed(timeframe_ms, start_ms, end_ms)
        return self._revisions.apply(market.traded.symbol, timeframe_ms, candles)

    def visible(
        self, market: Market, timeframe_ms: int, span: tuple[int, int], now_ms: int, publication: Publication = PROMPT
    ) -> Candles:
        """The candles that open in [start, end) as the exchange shows them at `now`, the forming one among them."""
        settled_ms, newest = self._unsettled(market, timeframe_ms, now_ms, publication)
        start_ms, end_ms = ceil(span[0], timeframe_ms), ceil(span[1], timeframe_ms)
        settled = self.truth(market, timeframe_ms, start_ms, min(end_ms, settled_ms, market.source.until_ms))
        return concatenate([settled, newest.between(start_ms, end_ms)])

    def forget(self, symbol: str) -> None:
        """Drop what is rendered of a symbol, because its past was changed."""
        for key in [key for key in self._blocks if key[0] == symbol]:
            del self._blocks[key]

    def _unsettled(
        self, market: Market, timeframe_ms: int, now_ms: int, publication: Publication
    ) -> tuple[int, Candles]:
        """Where the settled candles end, and what follows: provisional ones, then the forming one."""
        opened_ms = floor(now_ms, timeframe_ms)
        published_ms = floor(now_ms - publication.late_ms, timeframe_ms)
        settled_ms = min(published_ms, floor(now_ms - publication.settle_ms, timeframe_ms))
        parts = [market.forming(timeframe_ms, now_ms)[: 1 if published_ms == opened_ms else 0]]
        if settled_ms < published_ms:
            closed = self.truth(market, timeframe_ms, settled_ms, published_ms)
            parts.insert(0, provisional(market.traded.symbol, closed, publication.share))
        return settled_ms, concatenate(parts)

    def _settled(
        self, market: Market, timeframe_ms: int, stretch: tuple[int, int], limit: int, *, newest: bool = False
    ) -> tuple[bytes, int]:
        """At most `limit` rows that open in the stretch, the oldest (or the newest) of it, and how many they are."""
        start_ms, end_ms = stretch
        span_ms = BLOCK * timeframe_ms
        numbers = range(start_ms // span_ms, (end_ms - 1) // span_ms + 1) if start_ms < end_ms else range(0)
        texts: list[bytes] = []
        left = limit
        for number in reversed(numbers) if newest else numbers:
            if left <= 0:
                break
            block = self._block(market, timeframe_ms, number, min((number + 1) * span_ms, end_ms))
            first, last = (int(place) for place in np.searchsorted(block.timestamp, stretch))
            first, last = (max(first, last - left), last) if newest else (first, min(last, first + left))
            texts.append(block.text[block.ends[first] : block.ends[last]])
            left -= last - first
        return b"".join(reversed(texts) if newest else texts), limit - left

    def _block(self, market: Market, timeframe_ms: int, number: int, needed_ms: int) -> Block:
        key = (market.traded.symbol, timeframe_ms, number)
        begin_ms = number * BLOCK * timeframe_ms
        block = self._blocks.get(key) or Block(np.empty(0, np.int64), b"", [0], begin_ms)
        through_ms = -(-needed_ms // timeframe_ms) * timeframe_ms
        if block.through_ms < through_ms:
            candles = self.truth(market, timeframe_ms, block.through_ms, through_ms)
            block = block.extended(candles, market.digits.rows(candles, timeframe_ms), through_ms)
            self._blocks[key] = block
        self._blocks.move_to_end(key)
        if len(self._blocks) > KEPT:
            self._blocks.popitem(last=False)
        return block
