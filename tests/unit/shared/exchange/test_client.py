"""Opening a client: which exchange, and where it is."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.config import ExchangeSettings
from shared.errors import ConfigError, RetryError
from shared.exchange import Client, can_stream, open_client
from shared.exchange.budget import Budget
from shared.exchange.gate import OwnGate
from shared.exchange.opening import repointed


def with_client(settings: dict[str, object], use: Callable[[Client], Any], name: str = "binance") -> Any:
    async def opened() -> Any:
        client = open_client(name, ExchangeSettings.model_validate(settings))
        try:
            result = use(client)
            return await result if asyncio.iscoroutine(result) else result
        finally:
            await client.close()

    return asyncio.run(opened())


def test_an_unknown_exchange_is_a_mistake_in_the_configuration() -> None:
    with pytest.raises(ConfigError) as raised:
        with_client({}, lambda client: client, name="binnance")
    assert str(raised.value).startswith("exchanges.binnance: ccxt knows no exchange 'binnance' (did you mean: binance")


def test_an_exchange_may_have_a_name_of_its_own() -> None:
    assert with_client({"id": "kraken"}, lambda client: (client.name, client.id), "mine") == ("mine", "kraken")
    with pytest.raises(ConfigError, match=r"^exchanges\.mine\.id: ccxt knows no exchange 'nowhere'"):
        with_client({"id": "nowhere"}, lambda client: client, "mine")


def test_every_address_is_pointed_elsewhere_and_keeps_its_path() -> None:
    urls = {
        "api": {"public": "https://api.binance.com/api/v3", "ws": {"spot": "wss://stream.binance.com:9443/ws"}},
        "named": "https://{hostname}/api?x=1",
        "note": "no address",
    }
    assert repointed(urls, "http://127.0.0.1:8901/") == {
        "api": {"public": "http://127.0.0.1:8901/api/v3", "ws": {"spot": "ws://127.0.0.1:8901/ws"}},
        "named": "http://127.0.0.1:8901/api?x=1",
        "note": "no address",
    }
    assert repointed("wss://a.b/c", "https://proxy.example/exchange") == "wss://proxy.example/exchange/c"


@pytest.mark.parametrize("name", ["binance", "kraken", "coinbase", "bybit", "okx"])
def test_no_address_of_a_repointed_exchange_leads_to_the_real_one(name: str) -> None:
    def hosts(tree: Any) -> set[str | None]:
        values = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
        return {urlsplit(tree).hostname} if isinstance(tree, str) else set().union(*map(hosts, values))

    assert with_client({"url": "http://127.0.0.1:1"}, lambda c: hosts(c.ccxt.urls["api"]), name) == {"127.0.0.1"}


def test_settings_reach_the_client() -> None:
    settings: dict[str, object] = {"rate_share": 0.5, "timeout_seconds": 2.5}
    assert with_client(settings, lambda c: (c.budget.bucket.rate, c.ccxt.timeout)) == (10.0, 2500)


def test_without_a_limit_ccxt_still_asks_before_it_sends() -> None:
    found = with_client({"rate_limit": False}, lambda c: (c.ccxt.enableRateLimit, c.budget.bucket.rate))
    assert found == (True, float("inf"))


@pytest.mark.parametrize(
    ("name", "method", "what"),
    [("binance", "watchOHLCV", True), ("kraken", "watchOHLCV", True), ("coinbase", "", False)],
)
def test_a_client_for_streams_can_stream_where_there_is_one(name: str, method: str, what: bool) -> None:
    async def streams() -> tuple[bool, bool]:
        client = open_client(name, ExchangeSettings(), streaming=True)
        try:
            return can_stream(client), client.has(method)
        finally:
            await client.close()

    assert asyncio.run(streams()) == (what, what)
    assert not with_client({}, can_stream, name)


def test_an_exchange_that_is_not_there_is_asked_again_later() -> None:
    async def ask(client: Client) -> None:
        with pytest.raises(RetryError, match=r"^binance, its time: not reachable"):
            await client.ask("its time", "fetch_time")

    with_client({"url": "http://127.0.0.1:1"}, ask)


@pytest.mark.parametrize("limited", [True, False])
def test_after_too_many_requests_nobody_passes_for_a_while(limited: bool) -> None:
    async def ask(client: Client) -> bool:
        client.gate.shut(60, "too many requests")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.ask("its time", "fetch_time"), 0.2)
        return True

    assert with_client({"rate_limit": limited, "url": "http://127.0.0.1:1"}, ask)


def test_who_waits_for_a_turn_does_not_pass_a_gate_that_was_shut_meanwhile() -> None:
    async def ask(client: Client) -> float:
        client.budget = Budget(4.0)  # the turn comes in a quarter of a second
        waiting = asyncio.create_task(client.ask("its time", "fetch_time"))
        await asyncio.sleep(0)
        client.gate.shut(0.6, "too many requests")
        begun = time.monotonic()
        with pytest.raises(RetryError):
            await waiting
        return time.monotonic() - begun

    assert with_client({"url": "http://127.0.0.1:1"}, ask) >= 0.6


def test_a_shut_gate_stays_shut_for_the_longer_time() -> None:
    gate = OwnGate()
    gate.shut(60, "banned")
    gate.shut(1, "slow down")
    assert 59 < gate.left() <= 60
