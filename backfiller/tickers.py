"""Tickers of the symbols in use, written when they change, and in a quiet market now and then."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from backfiller.source import Source
from shared.clock import now_us
from shared.exchange import Priority, asking, fetch_tickers
from shared.market import Ticker

Seen = dict[tuple[str, str], Ticker]
WatchTickers = Callable[[Sequence[str]], AsyncIterator[Ticker]]

#: An unchanged price is still a price: orders wait for the next ticker, so one is written at least so often.
_QUIET_US = 30_000_000

#: A stream that has said nothing of a symbol for so long is not relied on.
_SILENT_US = 10_000_000


@dataclass
class Quotes:
    """The newest tickers that a stream has shown, and those that were written last."""

    shown: dict[str, Ticker] = field(default_factory=dict)
    seen: Seen = field(default_factory=dict)

    async def listen(self, watch: WatchTickers, symbols: Sequence[str]) -> None:
        """Keep up with a stream until it ends."""
        async for ticker in watch(symbols):
            self.shown[ticker.symbol] = ticker

    def fresh(self, symbols: Iterable[str], now_us: int) -> tuple[list[Ticker], list[str]]:
        """The tickers that the stream has of these symbols, and the symbols of which it has none of late."""
        shown = [self.shown[symbol] for symbol in symbols if symbol in self.shown]
        fresh = [ticker for ticker in shown if now_us - ticker.received_at_us <= _SILENT_US]
        return fresh, sorted(set(symbols) - {ticker.symbol for ticker in fresh})


async def keep_tickers(source: Source, symbols: Sequence[str], quotes: Quotes) -> None:
    """Store the tickers that are news, as the stream shows them; where it shows none, REST is asked."""
    found, silent = quotes.fresh(listed(source, symbols), now_us())
    if silent:
        with asking(Priority.LIVE):
            found += await fetch_tickers(source.client, silent)
    if fresh := changed(found, quotes.seen, source.client.now()):
        await source.outbox.put(fresh)
        quotes.seen.update({(ticker.exchange, ticker.symbol): ticker for ticker in fresh})


def listed(source: Source, symbols: Iterable[str]) -> list[str]:
    """Those that the exchange still has: asked for one that is gone, it would refuse them all."""
    gone = {series.symbol for series in source.unlisted}
    return [symbol for symbol in symbols if symbol not in gone]


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
