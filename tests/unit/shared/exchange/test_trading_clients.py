"""What a client for trading has that others have not."""

import asyncio
from typing import Any

import pytest

from shared.config import ExchangeSettings
from shared.errors import ConfigError
from shared.exchange import open_client

KEYS = {"key": "the-key", "secret": "the-secret", "password": "the-word"}


def opened(*, trading: bool, **settings: Any) -> Any:
    """A client, closed again; nothing is asked."""

    async def open_and_close() -> Any:
        client = open_client("binance", ExchangeSettings.model_validate(settings), trading=trading)
        await client.close()
        return client

    return asyncio.run(open_and_close())


def test_only_a_client_for_trading_gets_the_keys() -> None:
    trading, collecting = opened(trading=True, **KEYS).ccxt, opened(trading=False, **KEYS).ccxt
    assert (trading.apiKey, trading.secret, trading.password) == ("the-key", "the-secret", "the-word")
    assert [one for one in (collecting.apiKey, collecting.secret, collecting.password) if one] == []


def test_a_client_shows_no_secret() -> None:
    assert "the-secret" not in repr(opened(trading=True, **KEYS))


def test_without_a_key_the_message_names_where_to_put_it() -> None:
    with pytest.raises(ConfigError, match="CHANDLER_EXCHANGES__BINANCE__KEY_FILE"):
        opened(trading=True, **{**KEYS, "key": None})


def test_the_sandbox_is_another_address() -> None:
    assert "testnet.binance.vision" in opened(trading=False, sandbox=True).ccxt.urls["api"]["private"]


def test_a_sandbox_that_is_pointed_elsewhere_is_there_and_nowhere_else() -> None:
    urls = opened(trading=False, sandbox=True, url="http://127.0.0.1:8901").ccxt.urls["api"]
    assert urls["private"] == "http://127.0.0.1:8901/api/v3"


@pytest.mark.parametrize("exchange", ["kraken", "coinbase", "kucoin"])
def test_an_exchange_without_a_sandbox_is_not_traded_for_real_instead(exchange: str) -> None:
    with pytest.raises(ConfigError, match=r"exchanges\.binance\.sandbox: .* has none"):
        opened(trading=False, id=exchange, sandbox=True)
