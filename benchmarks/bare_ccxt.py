"""The peer of the backfill: what a script with ccxt does, a sequential loop that stores nothing.

`python -m benchmarks.bare_ccxt URL START_MS END_MS` prints how many candles came.
"""

import asyncio
import sys
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import ccxt.async_support as ccxt


async def fetch(url: str, start: int, end: int) -> int:
    """Page through the year, 1000 candles a call, limiter off."""
    options = {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False}
    exchange: Any = ccxt.binance({"enableRateLimit": False, "options": options})
    here = urlsplit(url)
    exchange.urls["api"] = {
        name: urlunsplit((here.scheme, here.netloc, *urlsplit(address)[2:])) if isinstance(address, str) else address
        for name, address in exchange.urls["api"].items()
    }
    count, since = 0, start
    try:
        while since < end:
            page = await exchange.fetch_ohlcv("BTC/USDT", "1m", since=since, limit=1000, params={"until": end - 1})
            if not page:
                break
            count += len(page)
            since = page[-1][0] + 60_000
    finally:
        await exchange.close()
    return count


if __name__ == "__main__":
    print(asyncio.run(fetch(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
