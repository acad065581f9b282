"""How an exchange answers about its past: what its silence means."""

from shared.exchange.client import Client
from shared.exchange.pages import Answer, ask_candles
from shared.market import TIMEFRAMES, Series, timeframe_ms

#: These have every candle they ever made, or nothing else than the window that was asked for.
_KEEPS_ALL = {"binance", "binanceus", "binanceusdm", "binancecoinm", "coinbase"}
#: These answer a window and no more; the others go on from its start to the next candle there is.
_WINDOWED = {"coinbase"}


def keeps_all(client: Client) -> bool:
    """Whether a candle that lacks is one that never was; else the exchange may not go back so far, and not say so."""
    return client.id in _KEEPS_ALL


def seeks(client: Client) -> bool:
    """Whether asked from some time on it gives the first candle there is, however far away."""
    return client.id not in _WINDOWED


def coarser(client: Client, series: Series) -> list[Series]:
    """The same market in the longer timeframes that the exchange has, shortest first."""
    longer = [name for name, step in TIMEFRAMES.items() if step > series.step and name in client.ccxt.timeframes]
    return [Series(series.exchange, series.symbol, name) for name in sorted(longer, key=timeframe_ms)]


async def fetch_newest(client: Client, series: Series) -> Answer:
    """As many of the newest candles as the exchange gives unasked."""
    return await ask_candles(client, series, None, None, {})
