"""One exchange being collected from: whom to ask, where to put it, and how patiently."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from backfiller.outbox import Outbox
from backfiller.progress import Progress
from backfiller.published import Publisher, publisher
from backfiller.store import Store
from shared.candles import covered, unreachable
from shared.config import BackfillSettings, ExchangeSettings
from shared.exchange import Client, page_candles, reach_candles
from shared.market import Interval, Refusal, Series

#: Pages of one series that are asked for at once; what they find behind a surprise is asked for again.
_AHEAD = 4
_DOUBT_SECONDS = 3_600.0

#: An exchange that answers nothing but rubbish for days must not fill the memory.
_REFUSED_KEPT = 5_000


@dataclass
class Source:
    """What every request to one exchange needs.

    `stopped` names the series, of any exchange, that a person has to look at first, and why. `doubts` are candles
    that the exchange could not give sanely, and until when they are left alone; they stay gaps. `publisher` has
    files of its history, None if there are none to be used.
    `refused` are rows that wait for quarantine; `unlisted` the series whose market was there and is gone; `closing`
    those whose candle that has just closed is being asked for.
    """

    client: Client
    store: Store
    progress: Progress
    page: int
    settle_ms: int
    ahead: int
    pause_seconds: float
    attempts: int | None
    requests: asyncio.Semaphore
    stopped: dict[Series, str]
    doubts: list[tuple[Series, Interval, float]] = field(default_factory=list)
    refused: dict[Series, list[Refusal]] = field(default_factory=dict)
    unlisted: set[Series] = field(default_factory=set)
    closing: set[Series] = field(default_factory=set)
    outbox: Outbox = field(kw_only=True)
    clock_limit_ms: int = field(default=2_000, kw_only=True)
    publisher: Publisher | None = field(default=None, kw_only=True)

    def refuse(self, series: Series, rows: Sequence[Refusal]) -> None:
        """Keep refused rows, the newest ones, until the series' next transaction puts them into quarantine."""
        if rows:
            kept = self.refused.setdefault(series, [])
            kept.extend(rows)
            del kept[:-_REFUSED_KEPT]

    def doubt(self, series: Series, candles: Sequence[Interval]) -> None:
        """Don't ask for these candles for a while: they would come as impossible as before."""
        until = time.monotonic() + _DOUBT_SECONDS
        self.doubts += [(series, candle, until) for candle in candles]

    def known(self, series: Series) -> list[Interval]:
        """What needs not be asked for: what the database knows, what can't be had, and what is in doubt."""
        now = time.monotonic()
        self.doubts = [doubt for doubt in self.doubts if doubt[2] > now]
        known = self.store.read(partial(covered, series=series))
        known += self.store.read(partial(unreachable, series=series))
        return [*known, *(candle for doubted, candle, _ in self.doubts if doubted == series)]


def make_source(
    client: Client,
    store: Store,
    outbox: Outbox,
    progress: Progress,
    exchange: ExchangeSettings,
    backfill: BackfillSettings,
    attempts: int | None,
    stopped: dict[Series, str],
) -> Source:
    """A source as configured; `attempts` bounds how often a request is tried, None for ever."""
    return Source(
        client=client,
        store=store,
        outbox=outbox,
        progress=progress,
        page=page_candles(client.ccxt, backfill.page_candles),
        settle_ms=int(exchange.settle_seconds * 1000),
        # All that such an exchange has is a page or so: what flies beside it would be asked in vain.
        ahead=1 if reach_candles(client.id) else min(_AHEAD, backfill.pages_in_flight),
        pause_seconds=backfill.pause_ms / 1000,
        attempts=attempts,
        requests=asyncio.Semaphore(backfill.pages_in_flight),
        stopped=stopped,
        clock_limit_ms=exchange.clock_limit_ms,
        publisher=publisher(client.id, exchange),
    )
