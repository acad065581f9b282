"""Each payload's field names and types, held against those of the exchange's published API documentation.

published.json lists them: a decimal is a text of digits, as the exchange writes every price and amount.
"""

import asyncio
import hashlib
import hmac
import json
import re
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import aiohttp
import pytest

PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parent / "published.json").read_text())
TYPES = {bool: "flag", int: "integer", list: "list", dict: "object", type(None): "nothing"}


def kind(value: Any) -> str:
    if isinstance(value, str):
        return "decimal" if re.fullmatch(r"-?\d+(\.\d+)?", value) else "text"
    return TYPES[type(value)]


def shape(payload: Any) -> Any:
    if isinstance(payload, list):
        return [kind(value) for value in payload]
    return {name: kind(value) for name, value in payload.items()}


def signed(simulator: Any, method: str, path: str, **params: Any) -> Any:
    """A signed request made by hand, so that the raw answer is seen."""
    total = urllib.parse.urlencode({**params, "timestamp": int(time.time() * 1000)})
    signature = hmac.new(b"demo-secret", total.encode(), hashlib.sha256).hexdigest()
    address = f"{simulator.url}{path}?{total}&signature={signature}"
    request = urllib.request.Request(address, method=method, headers={"X-MBX-APIKEY": "demo-key"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310  loopback
        return json.loads(answer.read())


def order(simulator: Any, **changes: Any) -> Any:
    params = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001", **changes}
    return signed(simulator, "POST", "/api/v3/order", **params)


RESTING = {"type": "LIMIT", "timeInForce": "GTC", "price": "30000.00", "newClientOrderId": "mine"}


def test_the_exchange_information_has_the_published_shape(simulator: Any) -> None:
    info = simulator.get("/api/v3/exchangeInfo")
    assert shape(info) == PUBLISHED["exchangeInfo"]
    assert shape(info["rateLimits"][0]) == PUBLISHED["rateLimit"]
    assert shape(info["symbols"][0]) == PUBLISHED["symbol"]
    filters = info["symbols"][0]["filters"]
    assert [one["filterType"] for one in filters] == ["PRICE_FILTER", "LOT_SIZE", "MARKET_LOT_SIZE", "NOTIONAL"]
    for one in filters:
        assert shape(one) == PUBLISHED[one["filterType"]]


@pytest.mark.parametrize("name", ["time", "depth", "ticker/24hr", "ticker/bookTicker"])
def test_a_public_answer_has_the_published_shape(simulator: Any, name: str) -> None:
    assert shape(simulator.get(f"/api/v3/{name}?symbol=BTCUSDT")) == PUBLISHED[name]


def test_a_kline_has_the_published_twelve_elements(simulator: Any) -> None:
    for row in simulator.get("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=3"):
        assert shape(row) == PUBLISHED["kline"]


def test_a_refusal_has_the_published_shape(simulator: Any) -> None:
    assert shape(simulator.get("/api/v3/klines?symbol=NOPE&interval=1m")) == PUBLISHED["error"]
    assert shape(simulator.get("/api/v3/nowhere")) == PUBLISHED["error"]


@pytest.mark.parametrize("detail", ["ACK", "RESULT", "FULL"])
def test_a_new_order_has_the_published_shape(simulator: Any, detail: str) -> None:
    answer = order(simulator, newOrderRespType=detail)
    assert shape({**answer, "clientOrderId": "text"}) == PUBLISHED[f"order {detail}"]
    assert [shape(fill) for fill in answer.get("fills", [])] == [PUBLISHED["fill"]] * (detail == "FULL")


def test_orders_that_are_queried_listed_and_cancelled_have_the_published_shape(simulator: Any) -> None:
    order(simulator, **RESTING)
    asked = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    assert shape(signed(simulator, "GET", "/api/v3/order", **asked)) == PUBLISHED["query order"]
    for path in ("openOrders", "allOrders"):
        assert shape(signed(simulator, "GET", f"/api/v3/{path}", symbol="BTCUSDT")[-1]) == PUBLISHED["query order"]
    assert shape(signed(simulator, "DELETE", "/api/v3/order", **asked)) == PUBLISHED["cancel order"]
    order(simulator, **RESTING)
    assert shape(signed(simulator, "DELETE", "/api/v3/openOrders", symbol="BTCUSDT")[0]) == PUBLISHED["cancel order"]


def test_the_account_and_its_trades_have_the_published_shape(simulator: Any) -> None:
    order(simulator)
    account = signed(simulator, "GET", "/api/v3/account", omitZeroBalances="true")
    assert shape(account) == PUBLISHED["account"]
    assert shape(account["commissionRates"]) == PUBLISHED["commissionRates"]
    assert shape(account["balances"][0]) == PUBLISHED["balance"]
    assert shape(signed(simulator, "GET", "/api/v3/myTrades", symbol="BTCUSDT")[0]) == PUBLISHED["myTrades"]


def test_the_events_of_the_streams_have_the_published_shape(simulator: Any) -> None:
    names = ["btcusdt@kline_1s", "btcusdt@ticker", "btcusdt@miniTicker", "btcusdt@bookTicker"]
    heard = asyncio.run(_hear(simulator.url, names))
    assert shape(heard["subscription"]) == PUBLISHED["subscription"]
    assert shape(heard["kline"]["k"]) == PUBLISHED["kline event k"]
    for name in ("kline", "24hrTicker", "24hrMiniTicker", "bookTicker"):
        assert shape(heard[name]) == PUBLISHED[f"{name} event"]


async def _hear(url: str, names: list[str]) -> dict[str, Any]:
    """One message of each kind."""
    heard: dict[str, Any] = {}
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/ws/0") as socket:
        await socket.send_json({"method": "SUBSCRIBE", "params": names, "id": 1})
        while len(heard) < 1 + len(names):
            message = json.loads((await socket.receive(10)).data)
            heard[message.get("e", "bookTicker" if "u" in message else "subscription")] = message
    return heard
