"""What an unmodified ccxt.pro client is pushed, and the raw events."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import ccxt
import ccxt.pro
import pytest

Watch = Callable[[Any], Awaitable[Any]]


def watching(simulator: Any, settings: Any, repoint: Any, watch: Watch) -> Any:
    async def run() -> Any:
        client = repoint(ccxt.pro.binance(settings), simulator.url)
        try:
            return await asyncio.wait_for(watch(client), 15)
        finally:
            await client.close()

    return asyncio.run(run())


def listening(simulator: Any, path: str, until: Callable[[list[Any]], Any], *said: dict[str, Any]) -> list[Any]:
    """The messages of a raw connection, until `until` of them is truthy."""

    async def run() -> list[Any]:
        heard: list[Any] = []
        async with aiohttp.ClientSession() as session, session.ws_connect(simulator.url + path) as socket:
            for message in said:
                await socket.send_json(message)
            while not until(heard):
                heard.append(json.loads((await socket.receive(10)).data))
        return heard

    return asyncio.run(run())


def test_watch_ohlcv_is_pushed_candles_that_rest_confirms(
    simulator: Any, client: Any, settings: Any, repoint: Any
) -> None:
    async def watch(pro: Any) -> list[list[float]]:
        while len(pro.ohlcvs.get("BTC/USDT", {}).get("1s", [])) < 3:
            await pro.watch_ohlcv("BTC/USDT", "1s")
        return list(pro.ohlcvs["BTC/USDT"]["1s"])

    pushed = watching(simulator, settings, repoint, watch)
    final = {candle[0]: candle for candle in client.fetch_ohlcv("BTC/USDT", "1s", int(pushed[0][0]), 10)}
    assert [final[candle[0]] for candle in pushed[:-1]] == pushed[:-1]
    assert len(pushed) >= 3


def test_watch_ticker_is_pushed_updates(simulator: Any, settings: Any, repoint: Any) -> None:
    async def watch(pro: Any) -> list[Any]:
        return [await pro.watch_ticker("ETH/USDT"), await pro.watch_ticker("ETH/USDT")]

    first, second = watching(simulator, settings, repoint, watch)
    assert first["timestamp"] < second["timestamp"]
    assert second["low"] <= second["last"] <= second["high"]


def test_the_full_ticker_has_the_book_too(simulator: Any, settings: Any, repoint: Any) -> None:
    async def watch(pro: Any) -> Any:
        return await pro.watch_ticker("ETH/USDT", {"name": "ticker"})

    ticker = watching(simulator, settings, repoint, watch)
    assert ticker["bid"] < ticker["last"] < ticker["ask"]


def test_watch_bids_asks_is_pushed_the_top_of_the_book(simulator: Any, settings: Any, repoint: Any) -> None:
    async def watch(pro: Any) -> Any:
        return await pro.watch_bids_asks(["BTC/USDT"])

    book = watching(simulator, settings, repoint, watch)["BTC/USDT"]
    assert book["bid"] < book["ask"]


def test_each_candle_is_sent_once_as_closed(simulator: Any) -> None:
    def three_closed(heard: list[Any]) -> bool:
        return len([event for event in heard if event["k"]["x"]]) == 3

    heard = listening(simulator, "/ws/btcusdt@kline_1s", three_closed)
    closed = [event["k"]["t"] for event in heard if event["k"]["x"]]
    assert closed == list(range(closed[0], closed[0] + 3000, 1000))
    assert {event["k"]["t"] + 999 < event["E"] for event in heard if event["k"]["x"]} == {True}


def test_a_combined_stream_names_the_stream_of_each_event(simulator: Any) -> None:
    names = {"btcusdt@kline_1s", "solusdt@miniTicker"}

    def both(heard: list[Any]) -> bool:
        return {message["stream"] for message in heard} == names

    heard = listening(simulator, "/stream?streams=btcusdt@kline_1s/solusdt@miniTicker", both)
    assert {message["data"]["s"] for message in heard} == {"BTCUSDT", "SOLUSDT"}


def test_subscriptions_are_answered_with_their_ids(simulator: Any) -> None:
    heard = listening(
        simulator,
        "/ws",
        lambda heard: len([message for message in heard if "e" not in message]) == 5,
        {"method": "SUBSCRIBE", "params": ["btcusdt@ticker"], "id": 1},
        {"method": "LIST_SUBSCRIPTIONS", "id": 2},
        {"method": "UNSUBSCRIBE", "params": ["btcusdt@ticker"], "id": 3},
        {"method": "SUBSCRIBE", "params": ["btcusdt@nothing"], "id": 4},
        {"method": "SHOUT", "id": 5},
    )
    answers = [message for message in heard if "e" not in message]
    assert answers[:3] == [
        {"result": None, "id": 1},
        {"result": ["btcusdt@ticker"], "id": 2},
        {"result": None, "id": 3},
    ]
    assert [(answer["error"]["code"], answer["id"]) for answer in answers[3:]] == [(2, 4), (2, 5)]


async def go_on_watching(pro: Any) -> None:
    while True:
        await pro.watch_ohlcv("BTC/USDT", "1h")


def test_a_closed_socket_is_a_network_error_and_watching_goes_on(simulator: Any, settings: Any, repoint: Any) -> None:
    async def watch(pro: Any) -> Any:
        await pro.watch_ohlcv("BTC/USDT", "1h")
        waiting = asyncio.create_task(go_on_watching(pro))
        await asyncio.to_thread(simulator.fault, kind="websocket_close")
        with pytest.raises(ccxt.NetworkError):
            await waiting
        return await pro.watch_ohlcv("BTC/USDT", "1s")

    assert watching(simulator, settings, repoint, watch)
