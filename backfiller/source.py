"""One exchange being collected from: whom to ask, where to put it, and how patiently."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from backfiller.progress import Progress
from backfiller.store import Store
from shared.candles import covered
from shared.config import BackfillSettings, ExchangeSettings
from shared.exchange import Client, page_candles
from shared.market import Interval, Series

_DOUBT_SECONDS = 3_600.0


@dataclass
class Source:
    """What every request to one exchange needs.

    `stopped` names the series, of any exchange, that a person has to look at first, and why. `doubts` are candles
    that the exchange could not give sanely, and until when they are left alone; they stay gaps.
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

    def doubt(self, series: Series, candles: Sequence[Interval]) -> None:
        """Don't ask for these candles for a while: they would come as impossible as before."""
        until = time.monotonic() + _DOUBT_SECONDS
        self.doubts += [(series, candle, until) for candle in candles]

    def known(self, series: Series) -> list[Interval]:
        """What needs not be asked for: what the database knows, and what is in doubt."""
        now = time.monotonic()
        self.doubts = [doubt for doubt in self.doubts if doubt[2] > now]
        known = self.store.read(partial(covered, series=series))
        return [*known, *(candle for doubted, candle, _ in self.doubts if doubted == series)]


def make_source(
    client: Client,
    store: Store,
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
        progress=progress,
        page=page_candles(client.ccxt, backfill.page_candles),
        settle_ms=int(exchange.settle_seconds * 1000),
        ahead=backfill.pages_in_flight,
        pause_seconds=backfill.pause_ms / 1000,
        attempts=attempts,
        requests=asyncio.Semaphore(backfill.pages_in_flight),
        stopped=stopped,
    )
