import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from shared.errors import RepairError
from shared.exchange.client import Client
from shared.exchange.permissions import check_key

BYBIT = {"readOnly": 0, "permissions": {"Spot": ["SpotTrade"], "Wallet": ["AccountTransfer"]}}
GOOD = {
    "binance": {"enableSpotAndMarginTrading": True, "enableWithdrawals": False},
    "bybit": {"result": BYBIT},
    "okx": {"data": [{"perm": "read_only,trade"}]},
    "kraken": {"result": {"permissions": ["query-funds", "query-open-trades", "modify-trades", "close-trades"]}},
    "kucoin": {"data": {"permission": "General,Spot"}},
    "coinbase": {"can_view": True, "can_trade": True, "can_transfer": False},
}
WITHDRAWS = {
    "binance": {"enableSpotAndMarginTrading": True, "enableWithdrawals": True},
    "bybit": {"result": {**BYBIT, "permissions": {"Spot": ["SpotTrade"], "Wallet": ["Withdraw"]}}},
    "okx": {"data": [{"perm": "read_only,withdraw,trade"}]},
    "kraken": {"result": {"permissions": ["modify-trades", "withdraw-funds"]}},
    "kucoin": {"data": {"permission": "General,Spot,Transfer"}},
    "coinbase": {"can_view": True, "can_trade": True, "can_transfer": True},
}
READS_ONLY = {
    "binance": {"enableSpotAndMarginTrading": False, "enableWithdrawals": False},
    "bybit": {"result": {**BYBIT, "readOnly": 1}},
    "okx": {"data": [{"perm": "read_only"}]},
    "kraken": {"result": {"permissions": ["query-funds", "query-open-trades"]}},
    "kucoin": {"data": {"permission": "General"}},
    "coinbase": {"can_view": True, "can_trade": False, "can_transfer": False},
}


def check(exchange: str, answer: Any, *, accept_unknown: bool = False) -> None:
    """Ask as of an exchange that answers so, whatever the call's name is."""

    async def told(*_: object) -> Any:
        return answer

    calls = dict.fromkeys(
        (
            "sapiGetAccountApiRestrictions",
            "privateGetV5UserQueryApi",
            "privateGetAccountConfig",
            "privatePostGetApiKeyInfo",
            "privateGetUserApiKey",
            "v3PrivateGetBrokerageKeyPermissions",
        ),
        told,
    )
    client = Client(exchange, SimpleNamespace(id=exchange, **calls))
    asyncio.run(check_key(client, accept_unknown=accept_unknown))


@pytest.mark.parametrize("exchange", GOOD)
def test_a_key_that_trades_and_does_not_withdraw_is_taken(exchange: str) -> None:
    check(exchange, GOOD[exchange])


@pytest.mark.parametrize("exchange", WITHDRAWS)
def test_a_key_that_may_withdraw_is_refused(exchange: str) -> None:
    with pytest.raises(RepairError, match=f"exchanges.{exchange}.key: this key may withdraw"):
        check(exchange, WITHDRAWS[exchange], accept_unknown=True)


@pytest.mark.parametrize("exchange", READS_ONLY)
def test_a_key_that_may_not_trade_is_refused(exchange: str) -> None:
    with pytest.raises(RepairError, match="may not trade"):
        check(exchange, READS_ONLY[exchange])


def test_where_nobody_says_what_a_key_may_do_the_operator_must() -> None:
    with pytest.raises(RepairError, match=r"exchanges\.gate\.unknown_permissions = true"):
        check("gate", None)
    check("gate", None, accept_unknown=True)


@pytest.mark.parametrize("exchange", GOOD)
def test_an_answer_that_says_nothing_is_no_permission(exchange: str) -> None:
    with pytest.raises(RepairError, match=f"exchanges.{exchange}.key: can't tell"):
        check(exchange, {"unexpected": True})
