"""Tickers of the symbols in use, written when they change."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from backfiller.insist import insist
from backfiller.source import Source
from shared.candles import save_tickers
from shared.exchange import fetch_tickers
from shared.market import Ticker

Seen = dict[tuple[str, str], Ticker]


async def poll_tickers(source: Source, symbols: list[str], seen: Seen) -> None:
    """Fetch the tickers once and store those that differ from `seen`, which is brought up to date."""
    found = await fetch_tickers(source.client, symbols)
    fresh = changed(found, seen, source.client.now())
    if fresh:
        await insist(partial(source.store.write, partial(save_tickers, tickers=fresh)), source.attempts)
        seen.update({(ticker.exchange, ticker.symbol): ticker for ticker in fresh})


def changed(found: Iterable[Ticker], seen: Seen, now: int) -> list[Ticker]:
    """The tickers whose prices differ from the last ones seen. Pure; `now` is the exchange's time (ms).

    Some exchanges stamp a quote with the time of the last trade: a new price with an old stamp gets `now`, for a
    stamp that is stored already would hide it.
    """
    fresh = []
    for ticker in found:
        last = seen.get((ticker.exchange, ticker.symbol))
        if last and (last.bid, last.ask, last.last) == (ticker.bid, ticker.ask, ticker.last):
            continue
        stale = last is not None and ticker.timestamp <= last.timestamp
        fresh.append(replace(ticker, timestamp=max(now, last.timestamp + 1)) if last and stale else ticker)
    return fresh
