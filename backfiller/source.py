"""One exchange being collected from: whom to ask, where to put it, and how patiently."""

import asyncio
from dataclasses import dataclass

from backfiller.progress import Progress
from backfiller.store import Store
from shared.config import BackfillSettings, ExchangeSettings
from shared.exchange import Client, page_candles
from shared.market import Series


@dataclass
class Source:
    """What every request to one exchange needs.

    `stopped` names the series, of any exchange, that a person has to look at first, and why.
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
