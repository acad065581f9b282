"""Which markets there are, from exchanges that stumble over the answer."""

import pytest

from shared.errors import RetryError
from shared.exchange import Client, fetch_markets
from tests.integration.shared.exchange.there import Simulate, using

BROKEN = {"binance": "exchangeInfo", "kraken": "AssetPairs", "coinbase": "products"}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("kind", ["truncated", "garbage"])
def test_a_broken_list_of_markets_is_asked_for_again_until_it_is_whole(
    simulate: Simulate, name: str, kind: str
) -> None:
    exchange = simulate("--dialect", name)

    async def broken_then_whole(client: Client) -> list[int]:
        known = len(client.ccxt.markets)
        exchange.fault(kind=kind, paths=BROKEN[name], count=1)
        with pytest.raises(RetryError):
            await fetch_markets(client)
        await fetch_markets(client)
        return [known, len(client.ccxt.markets)]

    before, after = using(exchange, broken_then_whole, name)
    assert before == after > 0
