"""What an exchange shows of its own accord: candles and tickers, over WebSockets.

Both iterators end with a RetryError when the connection is lost or says nothing any more; open them again then. They
wait while the exchange wants no requests.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple, TypeVar

import ccxt.async_support as ccxt

from shared.clock import now_us
from shared.exchange.client import Client
from shared.exchange.errors import explained
from shared.exchange.tickers import read_ticker
from shared.market import Series, Ticker

_SILENT_SECONDS = 30.0
_LOOK_SECONDS = 5.0
_SUBSCRIBED_AT_ONCE = 100

T = TypeVar("T")


class Shown(NamedTuple):
    """One message of a stream: raw rows of a series, ascending, when they came (the exchange's time, ms), and the
    connection they came on: another number after every reconnect."""

    series: Series
    rows: Sequence[object]
    received_at: int
    connection: int


def can_stream(client: Client) -> bool:
    """Whether the client was opened for streams and the exchange has one of candles."""
    return client.has("watchOHLCV")


def ends_with_message(client: Client) -> bool:
    """Whether the exchange sends every candle once more when it has closed; others send trades' updates only."""
    return client.id.startswith("binance")


async def watch_candles(client: Client, series: Sequence[Series]) -> AsyncGenerator[Shown, None]:
    """The candles of the series as they form: each message gives all rows from the one that was newest before."""
    await _ready(client)
    client.connections += 1
    connection = client.connections
    client.ccxt.ohlcvs = {}
    messages: asyncio.Queue[Series | Exception] = asyncio.Queue()
    newest = dict.fromkeys(series, 0)
    async with aclosing(_told_by(client, _followers(client, series, messages), messages, "ohlc")) as told:
        async for one in told:
            if rows := _rows_from(client.ccxt, one, newest[one]):
                newest[one] = rows[-1][0]
                yield Shown(one, rows, client.now(), connection)


async def watch_tickers(client: Client, symbols: Sequence[str]) -> AsyncGenerator[Ticker, None]:
    """The tickers of the symbols with bid, ask and last, as they change."""
    await _ready(client)
    messages: asyncio.Queue[dict[str, Any] | Exception] = asyncio.Queue()
    client.ccxt.tickers = {}
    async with aclosing(_told_by(client, [_follow_tickers(client, symbols, messages)], messages, "ticker")) as told:
        async for raw in told:
            ticker = read_ticker(client.name, raw, client.now(), now_us())
            if ticker:
                yield ticker


async def _ready(client: Client) -> None:
    if not client.ccxt.markets:
        await client.ask("its markets", "load_markets")
    await client.passed()


async def _told_by(
    client: Client, followers: Sequence[Coroutine[Any, Any, None]], messages: "asyncio.Queue[T | Exception]", topic: str
) -> AsyncGenerator[T, None]:
    """What the followers put into the queue. Once one of them fails, all are stopped: the connection is lost."""
    tasks = [asyncio.create_task(_reporting(each, messages)) for each in followers]
    sockets = list[Any]()
    try:
        while True:
            message = await _next(messages)
            sockets = sockets or _sockets(client.ccxt, topic)
            _check(client.ccxt, sockets)
            if isinstance(message, Exception):
                raise message
            if message is not None:
                yield message
    except ccxt.BaseError as error:
        raise explained(error, client.name, "its stream") from error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _reporting(follow: Coroutine[Any, Any, None], messages: "asyncio.Queue[T | Exception]") -> None:
    """Follow; what ends it goes into the queue. ccxt cancels what waits for a connection that it closes."""
    try:
        await follow
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        messages.put_nowait(ccxt.NetworkError("the connection was closed"))
    except Exception as error:  # noqa: BLE001 - it is raised again by who reads the queue
        messages.put_nowait(error)


async def _next(messages: "asyncio.Queue[T]") -> T | None:
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            return await messages.get()
    except TimeoutError:
        return None


def _sockets(exchange: Any, topic: str) -> list[Any]:
    """The connections on which something of this kind was subscribed."""
    return [
        socket
        for socket in (exchange.clients or {}).values()
        if any(str(name).startswith(topic) for name in socket.subscriptions)
    ]


def _check(exchange: Any, sockets: Sequence[Any]) -> None:
    """Raise if one of the connections was replaced behind our back, or is there and says nothing, not even a ping."""
    for socket in sockets:
        if exchange.clients.get(socket.url) is not socket:
            raise ccxt.NetworkError("the connection was made anew")
        heard = socket.last_message_at or socket.connectionEstablished
        if heard and exchange.milliseconds() - heard > _SILENT_SECONDS * 1000:
            socket.on_error(ccxt.RequestTimeout(f"nothing came for {_SILENT_SECONDS:g} s"))
            raise socket.error


def _followers(
    client: Client, series: Sequence[Series], messages: "asyncio.Queue[Series | Exception]"
) -> list[Coroutine[Any, Any, None]]:
    """One to subscribe for each bunch of series, then one to follow each series, in the order they have to start in.

    So many follow, instead of one that is told of any series, because ccxt tells only of one series at a time and
    forgets the others that came together with it.
    """
    follow = [_follow(client, one, messages) for one in series]
    if client.id != "kraken" and not client.has("watchOHLCVForSymbols"):
        return follow
    bunches = [series[at : at + _SUBSCRIBED_AT_ONCE] for at in range(0, len(series), _SUBSCRIBED_AT_ONCE)]
    return [_subscribe(client, bunch) for bunch in bunches] + follow


async def _subscribe(client: Client, series: Sequence[Series]) -> None:
    if client.id != "kraken":
        await client.ccxt.watch_ohlcv_for_symbols([[one.symbol, one.timeframe] for one in series])
        return
    for timeframe in {one.timeframe for one in series}:
        await _kraken(client.ccxt, [one for one in series if one.timeframe == timeframe], subscribe=True)


async def _follow(client: Client, one: Series, messages: "asyncio.Queue[Series | Exception]") -> None:
    while True:
        if client.id == "kraken":
            await _kraken(client.ccxt, [one], subscribe=False)
        elif client.has("watchOHLCVForSymbols"):
            await client.ccxt.watch_ohlcv_for_symbols([[one.symbol, one.timeframe]])
        else:
            await client.ccxt.watch_ohlcv(one.symbol, one.timeframe)
        messages.put_nowait(one)


def _kraken(exchange: Any, series: Sequence[Series], *, subscribe: bool) -> Awaitable[Any]:
    """Subscribe to series of one timeframe in one message, or wait for the next message of one of them.

    ccxt's own method takes a symbol for subscribed when it is so with another timeframe, and sends one message each,
    one a second.
    """
    timeframe = series[0].timeframe
    hashes = [exchange.get_message_hash("ohlcv", None, one.symbol) for one in series]
    parameters = {
        "channel": "ohlc",
        "symbol": [one.symbol for one in series],
        "interval": exchange.timeframes[timeframe],
    }
    message = {"method": "subscribe", "params": parameters, "req_id": exchange.request_id()} if subscribe else None
    named = [f"{name}#{timeframe}" for name in hashes] if subscribe else None
    waiting: Awaitable[Any] = exchange.watch_multiple(exchange.urls["api"]["ws"]["publicV2"], hashes, message, named)
    return waiting


def _rows_from(exchange: Any, series: Series, start: int) -> list[list[Any]]:
    """What came of a series since the candle that opens at `start` (ms), ascending; copies: ccxt changes its own."""
    rows = list[list[Any]]()
    for row in reversed(exchange.ohlcvs.get(series.symbol, {}).get(series.timeframe, ())):
        if row[0] < start:
            break
        rows.append(list(row))
    return rows[::-1]


async def _follow_tickers(
    client: Client, symbols: Sequence[str], messages: "asyncio.Queue[dict[str, Any] | Exception]"
) -> None:
    # Binance's smaller ticker, ccxt's usual choice, has no bid and ask.
    parameters = {"name": "ticker"} if client.id.startswith("binance") else {}
    last = dict[str, Any]()
    while True:
        await client.ccxt.watch_tickers(list(symbols), parameters)
        for symbol in symbols:
            raw = client.ccxt.tickers.get(symbol)
            if raw is not None and raw is not last.get(symbol):
                last[symbol] = raw
                messages.put_nowait(raw)
