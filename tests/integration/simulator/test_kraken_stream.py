"""Kraken's WebSocket v2, as an unmodified ccxt.pro client sees it, and raw."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import ccxt
import ccxt.pro
import pytest

MINUTE = 60_000


@pytest.fixture(scope="module")
def shared(start: Callable[..., Any]) -> Any:
    return start("--dialect", "kraken", "--weight-limit", "0", "--thin", "ADA/USD=0.000001")


def talk(simulator: Any, said: list[dict[str, Any]], until: Callable[[list[Any]], Any]) -> list[Any]:
    """The messages of a raw connection, until `until` of them is truthy."""

    async def run() -> list[Any]:
        heard: list[Any] = []
        async with aiohttp.ClientSession() as session, session.ws_connect(simulator.url + "/v2") as socket:
            for message in said:
                await socket.send_json(message)
            while not until(heard):
                heard.append(json.loads((await socket.receive(30)).data))
        return heard

    return asyncio.run(run())


def subscribe(channel: str, *symbols: str, **more: Any) -> dict[str, Any]:
    return {"method": "subscribe", "params": {"channel": channel, "symbol": list(symbols), **more}, "req_id": 7}


def of(messages: list[Any], **wanted: Any) -> list[Any]:
    return [message for message in messages if all(message.get(key) == value for key, value in wanted.items())]


def test_watch_ohlcv_is_pushed_the_last_720_candles_and_then_updates(simulator: Any, asking: Any) -> None:
    async def watch(client: Any) -> Any:
        seen = [list(await client.watch_ohlcv("BTC/USD", "1m"))]
        volume = client.ohlcvs["BTC/USD"]["1m"][-1][5]
        while client.ohlcvs["BTC/USD"]["1m"][-1][5] == volume:
            await client.watch_ohlcv("BTC/USD", "1m")
        return seen, list(client.ohlcvs["BTC/USD"]["1m"])

    _, stored = asking(simulator, ccxt.pro.kraken, watch)
    assert len(stored) >= 720
    closed = [candle for candle in stored if candle[0] + MINUTE < time.time() * 1000][:-1]
    start, end = int(closed[0][0]), int(closed[-1][0]) + 1
    assert closed == simulator.get(f"/control/truth?symbol=BTC/USD&timeframe=1m&start={start}&end={end}")


def test_watch_ticker_has_both_sides(simulator: Any, asking: Any) -> None:
    ticker = asking(simulator, ccxt.pro.kraken, lambda client: client.watch_ticker("BTC/USD"))
    assert ticker["bid"] < ticker["last"] < ticker["ask"]


def test_a_subscription_is_acknowledged_with_its_number_and_a_snapshot_follows(simulator: Any) -> None:
    heard = talk(simulator, [subscribe("ohlc", "BTC/USD", interval=5)], lambda heard: of(heard, type="snapshot"))
    assert heard[0]["channel"] == "status"
    acknowledged = of(heard, method="subscribe")[0]
    assert acknowledged["success"] is True
    assert acknowledged["req_id"] == 7
    assert acknowledged["result"] == {"channel": "ohlc", "symbol": "BTC/USD", "interval": 5, "snapshot": True}
    candles = of(heard, type="snapshot")[0]["data"]
    assert len(candles) == 720
    assert all(candle["interval_begin"].endswith(":00.000000000Z") for candle in candles)


def test_without_trades_there_are_heartbeats_and_no_updates(simulator: Any) -> None:
    heard = talk(simulator, [subscribe("ohlc", "ADA/USD", interval=1, snapshot=False)],
                 lambda heard: len(of(heard, channel="heartbeat")) >= 4)  # fmt: skip
    assert of(heard, channel="ohlc") == []


def test_an_update_has_the_candle_so_far(simulator: Any) -> None:
    heard = talk(
        simulator, [subscribe("ohlc", "BTC/USD", interval=1)], lambda heard: of(heard, type="update", channel="ohlc")
    )
    candle = of(heard, type="update", channel="ohlc")[0]["data"][0]
    assert candle["symbol"] == "BTC/USD"
    assert candle["low"] <= min(candle["open"], candle["close"]) <= candle["high"]
    assert candle["volume"] > 0


def test_what_was_left_is_no_longer_pushed(simulator: Any) -> None:
    leave = {"method": "unsubscribe", "params": {"channel": "ticker", "symbol": ["BTC/USD"]}, "req_id": 8}
    heard = talk(simulator, [subscribe("ticker", "BTC/USD"), leave], lambda heard: of(heard, method="unsubscribe"))
    assert of(heard, method="unsubscribe")[0]["success"] is True
    assert len(of(heard, type="snapshot", channel="ticker")) == 1


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (subscribe("ohlc", "BTC/NOPE", interval=1), "Currency pair not supported BTC/NOPE"),
        (subscribe("ohlc", "BTC/USD", interval=7), "Ohlc interval not supported"),
        (subscribe("gossip", "BTC/USD"), "Channel not supported gossip"),
        ({"method": "dance"}, "Unsupported method"),
    ],
)
def test_a_wrong_request_is_refused_and_the_connection_stays(simulator: Any, said: dict[str, Any], answer: str) -> None:
    heard = talk(simulator, [said, {"method": "ping", "req_id": 3}], lambda heard: of(heard, method="pong"))
    refused = of(heard, success=False)[0]
    assert refused["error"] == answer
    assert of(heard, method="pong")[0]["req_id"] == 3


def test_a_fault_closes_the_socket(simulator: Any, asking: Any) -> None:
    async def watch(client: Any) -> None:
        await client.watch_ticker("BTC/USD")
        await asyncio.to_thread(simulator.fault, kind="websocket_close", seconds=60)
        while True:
            await client.watch_ticker("BTC/USD")

    with pytest.raises(ccxt.NetworkError):
        asking(simulator, ccxt.pro.kraken, watch)
