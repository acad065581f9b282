"""Trades page by page, exact."""

import asyncio
from decimal import Decimal as D
from typing import Any

import ccxt.async_support as ccxt
import pytest

from shared.errors import RepairError
from shared.exchange import Client, RawTrade, fetch_trades_page, offers_trade_history, start_cursor
from shared.exchange.errors import RubbishError

ROW = ["60429.53000", "0.00012345", 1700000000.1234567, "b", "m", "", 71]


def kraken(answer: Any) -> tuple[Client, list[Any]]:
    """A client whose one market is loaded and whose exchange answers so; and what it was asked."""
    exchange, asked = ccxt.kraken(), list[Any]()
    exchange.markets = {"BTC/USD": {"id": "XXBTZUSD", "symbol": "BTC/USD"}}

    async def trades(query: Any) -> Any:
        asked.append(query)
        return answer

    exchange.publicGetTrades = trades
    return Client("kraken", exchange), asked


def test_a_trade_is_exactly_what_was_written() -> None:
    client, asked = kraken({"error": [], "result": {"XXBTZUSD": [ROW], "last": "1700000000123456700"}})
    page = asyncio.run(fetch_trades_page(client, "BTC/USD", start_cursor(1_700_000_000_000)))
    assert page.trades == [RawTrade(1_700_000_000_123_456_700, D("60429.53"), D("0.00012345"), "71")]
    assert page.cursor == "1700000000123456700"
    assert asked == [{"pair": "XXBTZUSD", "since": "1699999999999999999", "count": 1000}]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"result": {"XXBTZUSD": [ROW]}},
        {"result": {"XXBTZUSD": [["x", "1", 1, "b", "m", "", 1]], "last": "1"}},
        {"result": {"XXBTZUSD": [["NaN", "1", 1, "b", "m", "", 1]], "last": "1"}},
        {"result": {"XXBTZUSD": [["1", "1"]], "last": "1"}},
        {"result": {"XXBTZUSD": [], "last": "soon"}},
        {"result": {"XXBTZUSD": [["0", "1", 1, "b", "m", "", 1]], "last": "1000000000"}},
        {"result": {"XXBTZUSD": [["1", "-1", 1, "b", "m", "", 1]], "last": "1000000000"}},
        {"result": {"XXBTZUSD": [["1", "1", 2, "b", "m", "", 1]], "last": "1000000000"}},
        {"result": {"XXBTZUSD": [], "last": "-1"}},
    ],
)
def test_a_page_that_is_none_may_be_better_next_time(answer: Any) -> None:
    with pytest.raises(RubbishError, match=r"^kraken, trades of BTC/USD: the answer is none"):
        asyncio.run(fetch_trades_page(kraken(answer)[0], "BTC/USD", "0"))


def test_an_exchange_that_keeps_only_the_newest_trades_says_so() -> None:
    assert offers_trade_history("kraken")
    assert not offers_trade_history("binance")
    with pytest.raises(RepairError, match="its trades of the past are not asked for, only those of kraken"):
        asyncio.run(fetch_trades_page(Client("binance", ccxt.binance()), "BTC/USDT", "0"))
