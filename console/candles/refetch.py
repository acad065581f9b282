"""Asking an exchange again, from a command: for what is stored already, to compare."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

from backfiller.insist import insist
from backfiller.proof import doubtful, later_than, proven
from shared.candles.exchanges import StoredGate
from shared.config import ExchangeSettings
from shared.database import Database
from shared.errors import RepairError, RetryError
from shared.exchange import Client, fetch_markets, fetch_page, measure_clock, open_client
from shared.market import Candle, Interval, Series, accept, subtract

#: A command is waited for: it gives up sooner than a service, which never does.
_ATTEMPTS = 4


class Shown(NamedTuple):
    """What the exchange shows of a window: its candles, the parts known by that, and whether it shows later ones."""

    candles: list[Candle]
    known: list[Interval]
    later: bool


@asynccontextmanager
async def client_of(name: str, settings: ExchangeSettings, database: Database) -> AsyncIterator[Client]:
    """A configured exchange, its clock and markets known; asked nothing while it wants no requests of any process."""
    client = open_client(name, settings, StoredGate(database, name))
    try:
        await insist(partial(measure_clock, client), _ATTEMPTS)
        await insist(partial(fetch_markets, client), _ATTEMPTS)
        yield client
    finally:
        await client.close()


async def refetch(client: Client, series: Series, window: Interval, settle_ms: int) -> Shown:
    """What the exchange shows of a window now.

    RetryError if it does not answer sanely, RepairError if it shows only later candles: it does not go back so far, or
    has nothing there, and there is no telling which.
    """
    return await insist(partial(_shown, client, series, window, settle_ms), _ATTEMPTS)


async def _shown(client: Client, series: Series, window: Interval, settle_ms: int) -> Shown:
    rows, asked_at = await fetch_page(client, series, window)
    candles, refused = accept(rows, series, window, asked_at)
    doubted = doubtful(refused, series.step)
    if doubted is None:
        raise RetryError(f"{series}: {len(refused)} of {len(rows)} rows are no candles; trying again")
    later = None if refused else later_than(window, rows)
    if later is not None and not candles:
        raise RepairError(f"{series}: asked for {window.start}..{window.end} ms and was shown candles from {later} on")
    known = proven(window, candles, later, asked_at, settle_ms, series.step)
    inside = Interval(known.start, min(known.end, window.end))  # silence may prove more than was asked for
    return Shown(candles, subtract(inside, doubted), later is not None)
