"""The life of orders as an unmodified ccxt client lives it."""

from collections.abc import Callable
from typing import Any

import ccxt
import pytest

PAIR = "BTC/USDT"


def far_below(client: Any) -> float:
    return round(float(client.fetch_ticker(PAIR)["last"]) * 0.5, 2)


def test_a_market_buy_is_filled_with_its_fee_in_the_base_asset(client: Any) -> None:
    before = client.fetch_balance()
    order = client.create_order(PAIR, "market", "buy", 0.1)
    after = client.fetch_balance()
    assert (order["status"], order["filled"]) == ("closed", 0.1)
    assert order["fee"] == {"currency": "BTC", "cost": 0.0001}
    assert after["BTC"]["total"] - before["BTC"]["total"] == pytest.approx(0.0999, abs=1e-9)
    assert before["USDT"]["total"] - after["USDT"]["total"] == pytest.approx(order["cost"], abs=1e-6)


def test_selling_what_was_bought_fails_because_the_fee_is_gone(start: Callable[..., Any], connect: Any) -> None:
    client = connect(start("--balance", "USDT=50000"))
    client.create_order(PAIR, "market", "buy", 0.1)
    with pytest.raises(ccxt.InsufficientFunds, match="insufficient balance"):
        client.create_order(PAIR, "market", "sell", 0.1)
    assert client.create_order(PAIR, "market", "sell", 0.0999)["fee"]["currency"] == "USDT"


def test_a_limit_order_rests_is_found_and_is_cancelled(client: Any) -> None:
    order = client.create_order(PAIR, "limit", "buy", 0.01, far_below(client), {"clientOrderId": "resting"})
    assert order["status"] == "open"
    assert client.fetch_balance()["USDT"]["used"] > 0
    assert [found["id"] for found in client.fetch_open_orders(PAIR)] == [order["id"]]
    by_client_id = client.fetch_order(None, PAIR, {"origClientOrderId": "resting"})
    assert by_client_id["id"] == order["id"]
    assert client.cancel_order(order["id"], PAIR)["status"] == "canceled"
    assert client.fetch_order(order["id"], PAIR)["status"] == "canceled"
    assert client.fetch_open_orders(PAIR) == []
    assert client.fetch_balance()["USDT"]["used"] == 0


def test_a_resting_order_fills_when_the_price_trades_through_it(client: Any, eventually: Any) -> None:
    price = client.fetch_ticker(PAIR)["last"]
    orders = [
        client.create_order(PAIR, "limit", side, 0.001, round(price * level, 2), {"postOnly": True})["id"]
        for side, level in (("buy", 0.9998), ("sell", 1.0002))
    ]

    def done() -> list[Any]:
        return [o for o in (client.fetch_order(one, PAIR) for one in orders) if o["status"] == "closed"]

    filled = eventually(done)[0]
    client.cancel_all_orders(PAIR) if client.fetch_open_orders(PAIR) else None
    trades = [trade for trade in client.fetch_my_trades(PAIR) if trade["order"] == filled["id"]]
    assert {trade["takerOrMaker"] for trade in trades} == {"maker"}
    assert sum(trade["amount"] for trade in trades) == pytest.approx(0.001)
    assert filled["average"] == filled["price"]


def test_all_orders_and_trades_are_listed_and_paged(client: Any) -> None:
    placed = [client.create_order("ETH/USDT", "market", "buy", 0.01)["id"] for _ in range(3)]
    assert [order["id"] for order in client.fetch_orders("ETH/USDT")] == placed
    assert [trade["order"] for trade in client.fetch_my_trades("ETH/USDT")] == placed
    first = client.fetch_my_trades("ETH/USDT")[0]
    assert [t["order"] for t in client.fetch_my_trades("ETH/USDT", params={"fromId": int(first["id"]) + 1})] == placed[
        1:
    ]
    assert [o["id"] for o in client.fetch_orders("ETH/USDT", limit=2)] == placed[1:]


def test_a_client_order_id_is_refused_while_open_and_free_once_filled(client: Any) -> None:
    resting = client.create_order(PAIR, "limit", "buy", 0.01, far_below(client), {"clientOrderId": "twice"})
    with pytest.raises(ccxt.ExchangeError, match="Duplicate order sent"):
        client.create_order(PAIR, "market", "buy", 0.01, None, {"clientOrderId": "twice"})
    client.cancel_order(resting["id"], PAIR)
    first = client.create_order(PAIR, "market", "buy", 0.01, None, {"clientOrderId": "twice"})
    second = client.create_order(PAIR, "market", "buy", 0.01, None, {"clientOrderId": "twice"})
    assert (first["clientOrderId"], second["clientOrderId"]) == ("twice", "twice")
    assert first["id"] != second["id"]


def test_an_order_that_is_not_there_is_not_found(client: Any) -> None:
    with pytest.raises(ccxt.OrderNotFound):
        client.fetch_order("42", PAIR)
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order("42", PAIR)


@pytest.mark.parametrize(
    ("quantity", "price", "said", "error"),
    [
        ("0.000001", "60000", "LOT_SIZE", ccxt.InvalidOrder),
        ("0.0000125", "60000", "LOT_SIZE", ccxt.InvalidOrder),
        ("0.001", "60000.001", "PRICE_FILTER", ccxt.InvalidOrder),
        ("0.00001", "60000", "NOTIONAL", ccxt.BadRequest),
    ],
)
def test_the_filters_are_enforced(client: Any, quantity: str, price: str, said: str, error: type[Exception]) -> None:
    limit = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    with pytest.raises(error, match=f"Filter failure: {said}"):
        client.private_post_order({**limit, "quantity": quantity, "price": price})


def test_a_post_only_order_that_would_trade_is_refused(client: Any) -> None:
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        client.create_order(PAIR, "limit", "buy", 0.001, client.fetch_ticker(PAIR)["ask"] + 500, {"postOnly": True})


def test_wrong_keys_and_wrong_secrets_are_authentication_errors(simulator: Any, connect: Any) -> None:
    with pytest.raises(ccxt.AuthenticationError):
        connect(simulator, apiKey="another").fetch_balance()
    with pytest.raises(ccxt.AuthenticationError):
        connect(simulator, secret="another").fetch_balance()  # noqa: S106


def test_the_key_may_trade_but_not_withdraw(client: Any) -> None:
    allowed = client.sapi_get_account_apirestrictions()
    assert allowed["enableSpotAndMarginTrading"]
    assert not allowed["enableWithdrawals"]


def test_a_thin_book_fills_half_and_an_order_at_the_market_ends_there(client: Any, simulator: Any) -> None:
    simulator.fault(kind="partial")
    order = client.create_order(PAIR, "market", "buy", 0.01)
    assert (order["status"], order["filled"]) == ("expired", 0.005)
    resting = client.create_order(PAIR, "limit", "sell", 0.01, client.fetch_ticker(PAIR)["bid"])
    assert (resting["status"], resting["filled"]) == ("open", 0.005)
    simulator.clear()
    if client.fetch_open_orders(PAIR):
        client.cancel_all_orders(PAIR)
    assert client.fetch_balance()["BTC"]["used"] == 0


def test_fills_can_be_listed_twice_and_in_another_order(client: Any, simulator: Any) -> None:
    placed = [client.create_order("SOL/USDT", "market", "buy", 1)["id"] for _ in range(2)]
    simulator.fault(kind="twice")
    simulator.fault(kind="shuffled")
    raw = client.private_get_mytrades({"symbol": "SOLUSDT"})
    assert [str(trade["orderId"]) for trade in raw] == [placed[1], placed[0], placed[1], placed[0]]


def test_fills_can_be_listed_late(client: Any, simulator: Any, eventually: Any) -> None:
    simulator.fault(kind="late_fills", ms=500)
    order = client.create_order("BNB/USDT", "market", "buy", 0.1)
    assert (order["filled"], order["trades"]) == (0.1, [])
    eventually(lambda: client.fetch_order_trades(order["id"], "BNB/USDT"))


def test_a_key_can_be_one_that_withdraws(client: Any, simulator: Any) -> None:
    simulator.fault(kind="may_withdraw")
    assert client.sapi_get_account_apirestrictions()["enableWithdrawals"]
