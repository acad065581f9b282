"""Order books, asked for with the real client."""

from decimal import Decimal
from typing import Any

import pytest

from shared.exchange import Client, RubbishError, fetch_book
from shared.market import OrderBook
from tests.integration.shared.exchange.there import Simulate, using


def test_a_book_has_the_exact_prices_of_the_exchange(simulate: Simulate) -> None:
    exchange = simulate("--symbols", "BTC/USDT")

    async def ask(client: Client) -> OrderBook:
        return await fetch_book(client, "BTC/USDT", 20)

    found = using(exchange, ask)
    assert len(found.bids) == len(found.asks) == 20
    assert all(price % Decimal("0.01") == 0 for price, _ in (*found.bids, *found.asks))
    assert all(amount % Decimal("0.00001") == 0 for _, amount in (*found.bids, *found.asks))


@pytest.mark.parametrize("kind", ["garbage", "truncated"])
def test_half_a_book_is_none(simulate: Simulate, kind: str) -> None:
    exchange = simulate("--symbols", "BTC/USDT")

    async def ask(client: Client) -> None:
        exchange.fault(kind=kind, paths="depth", count=1)
        with pytest.raises(RubbishError):
            await fetch_book(client, "BTC/USDT")
        assert (await fetch_book(client, "BTC/USDT")).bids

    using(exchange, ask)


@pytest.mark.parametrize(
    "answer",
    [
        {"bids": [[101, 1]], "asks": [[100, 1]]},
        {"bids": [["x", 1]], "asks": []},
        {"bids": [[1]], "asks": []},
        {"bids": []},
        {"bids": [], "asks": []},
        {"bids": [[float("nan"), 1]], "asks": []},
    ],
)
def test_an_answer_that_is_no_book_is_rubbish(simulate: Simulate, answer: dict[str, Any]) -> None:
    async def ask(client: Client) -> None:
        async def answered(*_: object) -> dict[str, Any]:
            return answer

        client.ccxt.fetch_order_book = answered
        with pytest.raises(RubbishError, match="order book of BTC/USDT"):
            await fetch_book(client, "BTC/USDT")

    using(simulate("--symbols", "BTC/USDT"), ask)
