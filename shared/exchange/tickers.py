"""Asking what markets cost."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from shared.clock import now_us
from shared.exchange.client import Client
from shared.market import Ticker

#: Our idea of the exchange's time lags by the way an answer takes; a stamp further ahead is a mistake.
_AHEAD_MS = 10_000


async def fetch_tickers(client: Client, symbols: Sequence[str]) -> list[Ticker]:
    """The current tickers of the symbols; one that makes no sense or is not given is left out."""
    if len(symbols) > 1 and client.has("fetchTickers"):
        found = await client.ask("tickers", "fetch_tickers", list(symbols))
        raw = [found[symbol] for symbol in symbols if symbol in found]
    else:
        raw = [await client.ask(f"ticker of {symbol}", "fetch_ticker", symbol) for symbol in symbols]
    return [ticker for one in raw if (ticker := read_ticker(client.name, one, client.now(), now_us()))]


def read_ticker(exchange: str, raw: Mapping[str, Any], now: int, received_at_us: int) -> Ticker | None:
    """A ticker as ccxt gives it; None if it can't be one.

    Without bid and ask the last price stands for both; without a time, or with one that has not come yet, it is the
    exchange's `now` (ms): the newest ticker is the one with the latest time.
    """
    last = _price(raw.get("last")) or _price(raw.get("close"))
    bid, ask = _price(raw.get("bid")) or last, _price(raw.get("ask")) or last
    if last is None or bid is None or ask is None:
        return None
    try:
        stamp = int(raw.get("timestamp") or now)
        at = stamp if stamp <= now + _AHEAD_MS else now
        return Ticker(exchange, raw["symbol"], at, bid, ask, last, received_at_us)
    except ValueError:
        return None


def _price(number: Any) -> Decimal | None:
    """The decimal that was written where ccxt made a float of it; None for none, zero or not a number."""
    price = Decimal(str(number)) if isinstance(number, int | float) else Decimal(0)
    return price if price.is_finite() and price > 0 else None
