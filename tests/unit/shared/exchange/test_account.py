import asyncio
from decimal import Decimal as D
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import RepairError
from shared.exchange.account import balances, fills_in, read_fill, trades_since
from shared.exchange.client import Client
from shared.exchange.terms import Terms

MINUTE = 60_000


def trade(number: int, **changes: Any) -> dict[str, Any]:
    """As ccxt gives one, its numbers as texts."""
    made = {"id": str(number), "order": "7", "symbol": "BTC/USDT", "side": "buy", "amount": "0.10000001"}
    fee = {"currency": "BNB", "cost": "0.000012345678901234"}
    return {
        **made,
        "price": "64000.01",
        "timestamp": number * MINUTE,
        "fees": [fee],
        "takerOrMaker": "maker",
        **changes,
    }


def client(**methods: Any) -> Client:
    return Client("binance", SimpleNamespace(id="binance", **methods))


def listing(made: list[int], page: int, *, newest_first: bool) -> Client:
    """An exchange that lists at most a page of the trades between two moments."""

    async def fetch_my_trades(symbol: str, since: int, limit: int, given: dict[str, int]) -> list[dict[str, Any]]:
        found = [trade(n) for n in sorted(made) if since <= n * MINUTE <= given["until"]]
        return found[-page:] if newest_first else found[:page]

    return client(fetch_my_trades=fetch_my_trades)


@given(made=st.lists(st.integers(0, 300), unique=True), page=st.integers(1, 9), newest_first=st.booleans())
def test_every_trade_is_found_once_whichever_end_a_page_begins_at(
    made: list[int], page: int, newest_first: bool
) -> None:
    terms = Terms("id", trades_page=page, trades_days=0.05)
    found = asyncio.run(
        trades_since(listing(made, page, newest_first=newest_first), terms, "BTC/USDT", 0, 301 * MINUTE)
    )
    assert [int(each["id"]) for each in found] == sorted(made)


def test_a_fill_keeps_every_digit_and_the_asset_of_its_fee() -> None:
    fill = read_fill(client(), trade(3))
    assert (fill.amount, fill.price, fill.fee) == (D("0.10000001"), D("64000.01"), D("0.000012345678901234"))
    assert (fill.fee_asset, fill.liquidity, fill.executed_at_us) == ("BNB", "maker", 3 * MINUTE * 1_000)


def test_a_fee_below_zero_is_a_rebate() -> None:
    assert read_fill(client(), trade(1, fees=[{"currency": "USDT", "cost": "-0.5"}])).fee == D("-0.5")


def test_a_trade_without_a_fee_cost_nothing() -> None:
    fill = read_fill(client(), trade(1, fees=[], fee=None))
    assert (fill.fee, fill.fee_asset) == (D(0), "USDT")


def test_a_fee_in_two_assets_is_for_a_person_to_book() -> None:
    fees = [{"currency": "BNB", "cost": "1"}, {"currency": "USDT", "cost": "2"}]
    with pytest.raises(RepairError, match="BNB, USDT: book it by hand"):
        read_fill(client(), trade(1, fees=fees))


@pytest.mark.parametrize("changes", [{"amount": None}, {"price": "0"}, {"side": "sideways"}])
def test_a_trade_that_makes_no_sense_is_not_booked(changes: dict[str, Any]) -> None:
    with pytest.raises(RepairError, match="makes no sense"):
        read_fill(client(), trade(1, **changes))


def test_fills_come_once_and_in_the_order_they_were_made() -> None:
    told = fills_in(client(), [trade(3), trade(1), trade(3), trade(2)])
    assert [fill.trade_id for fill in told] == ["1", "2", "3"]


def test_fills_that_come_with_an_answer_count_only_if_they_tell_their_fee() -> None:
    bare: dict[str, object] = {"id": "1", "amount": "1", "price": "2", "fees": [], "fee": None}
    whole = {**bare, "id": "2", "fees": [{"currency": "BTC", "cost": "0.1"}]}
    told = fills_in(client(), [bare, whole], {"symbol": "BTC/USDT", "side": "buy", "timestamp": 5})
    assert [(fill.trade_id, fill.executed_at_us) for fill in told] == [("2", 5_000)]


def test_a_balance_is_all_there_is_open_orders_included() -> None:
    async def fetch_balance() -> dict[str, Any]:
        return {"total": {"BTC": "0.00999000", "XRP": None}, "free": {"BTC": "0"}}

    assert asyncio.run(balances(client(fetch_balance=fetch_balance))) == {"BTC": D("0.00999")}
