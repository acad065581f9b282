"""Opening a client: which exchange, and where it is."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.config import ExchangeSettings
from shared.errors import ConfigError, RetryError
from shared.exchange import Client, open_client
from shared.exchange.client import repointed


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
    settings: dict[str, object] = {"rate_limit": False, "timeout_seconds": 2.5}
    assert with_client(settings, lambda c: (c.ccxt.enableRateLimit, c.ccxt.timeout)) == (False, 2500)


def test_an_exchange_that_is_not_there_is_asked_again_later() -> None:
    async def ask(client: Client) -> None:
        with pytest.raises(RetryError, match=r"^binance, its time: not reachable"):
            await client.ask("its time", "fetch_time")

    with_client({"url": "http://127.0.0.1:1"}, ask)


def test_after_too_many_requests_nobody_passes_for_a_while() -> None:
    async def ask(client: Client) -> bool:
        client.gate.shut(60)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.ask("its time", "fetch_time"), 0.05)
        return True

    assert with_client({}, ask)
