"""Tickers of the symbols in use, written when they change, and in a quiet market now and then."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import partial

from backfiller.insist import insist
from backfiller.source import Source
from shared.candles import save_tickers
from shared.exchange import fetch_tickers
from shared.market import Ticker

Seen = dict[tuple[str, str], Ticker]

#: An unchanged price is still a price: orders wait for the next ticker, so one is written at least so often.
_QUIET_US = 30_000_000


async def poll_tickers(source: Source, symbols: list[str], seen: Seen) -> None:
    """Fetch the tickers once and store those that differ from `seen`, which is brought up to date."""
    found = await fetch_tickers(source.client, symbols)
    fresh = changed(found, seen, source.client.now())
    if fresh:
        await insist(partial(source.store.write, partial(save_tickers, tickers=fresh)), source.attempts)
        seen.update({(ticker.exchange, ticker.symbol): ticker for ticker in fresh})


def changed(found: Iterable[Ticker], seen: Seen, now: int) -> list[Ticker]:
    """The tickers that are news: other prices than last seen, or half a minute later. Pure; `now` is the exchange's.

    Some exchanges stamp a quote with the time of the last trade: a new price with an old stamp gets `now`, for a
    stamp that is stored already would hide it.
    """
    fresh = []
    for ticker in found:
        last = seen.get((ticker.exchange, ticker.symbol))
        if last and _prices(last) == _prices(ticker) and ticker.received_at_us - last.received_at_us < _QUIET_US:
            continue
        stale = last is not None and ticker.timestamp <= last.timestamp
        fresh.append(replace(ticker, timestamp=max(now, last.timestamp + 1)) if last and stale else ticker)
    return fresh


def _prices(ticker: Ticker) -> tuple[Decimal, Decimal, Decimal]:
    return ticker.bid, ticker.ask, ticker.last
