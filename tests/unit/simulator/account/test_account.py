import random
from decimal import Decimal

import pytest

from simulator.account.account import Account
from simulator.account.orders import Kind, Order, Request, Side, Status
from simulator.errors import ApiError
from simulator.market.market import Market
from simulator.market.timeframe import HOUR_MS, MINUTE_MS


def asked(side: Side, amount: str | None, price: Decimal | None = None, **rest: object) -> Request:
    kind = Kind.MARKET if price is None else Kind.LIMIT
    fields: dict[str, object] = {"kind": kind, "cost": None, "time_in_force": "GTC", "client_id": None, **rest}
    return Request("BTCUSDT", side, amount=Decimal(amount) if amount else None, price=price, **fields)  # type: ignore[arg-type]


def holdings(account: Account, asset: str) -> tuple[Decimal | int, Decimal | int]:
    holding = account.balances.of(asset)
    return holding.free, holding.locked


def refusal_of(account: Account, market: Market, request: Request, now_ms: int) -> ApiError:
    before = [(asset, holding.free, holding.locked) for asset, holding in account.balances.items()]
    with pytest.raises(ApiError) as refused:
        account.place(market, request, now_ms)
    after = [(asset, holding.free, holding.locked) for asset, holding in account.balances.items()]
    assert [row for row in after if row[1] or row[2]] == [row for row in before if row[1] or row[2]]
    return refused.value


def test_a_market_buy_pays_the_ask_and_its_fee_from_the_base_asset(
    account: Account, market: Market, midnight_ms: int
) -> None:
    order = account.place(market, asked(Side.BUY, "0.1"), midnight_ms)
    ask = market.quote(midnight_ms).ask
    assert order.status is Status.FILLED
    assert holdings(account, "BTC") == (Decimal(1) + Decimal("0.0999"), 0)
    assert holdings(account, "USDT") == (10_000 - Decimal("0.1") * ask, 0)
    assert (order.fills[0].commission, order.fills[0].commission_asset) == (Decimal("0.0001"), "BTC")


def test_a_market_sale_gets_the_bid_less_its_fee_in_the_quote_asset(
    account: Account, market: Market, midnight_ms: int
) -> None:
    account.place(market, asked(Side.SELL, "0.5"), midnight_ms)
    proceeds = Decimal("0.5") * market.quote(midnight_ms).bid
    fee = (proceeds * Decimal("0.001")).quantize(Decimal("1e-8"), "ROUND_DOWN")
    assert holdings(account, "USDT") == (10_000 + proceeds - fee, 0)


def test_a_market_order_by_cost_buys_whole_lots_for_at_most_that_sum(
    account: Account, market: Market, midnight_ms: int
) -> None:
    order = account.place(market, asked(Side.BUY, None, cost=Decimal(100)), midnight_ms)
    assert Decimal(99) < order.cost <= 100
    assert order.filled % market.traded.lot == 0


def test_a_limit_that_crosses_takes_the_better_price_and_frees_the_rest(
    account: Account, market: Market, midnight_ms: int
) -> None:
    quote = market.quote(midnight_ms)
    order = account.place(market, asked(Side.BUY, "0.01", quote.ask + 1000), midnight_ms)
    assert order.status is Status.FILLED
    assert order.fills[0].price == quote.ask
    assert holdings(account, "USDT") == (10_000 - Decimal("0.01") * quote.ask, 0)


def test_a_resting_order_locks_its_cost_and_gives_it_back_when_cancelled(
    account: Account, market: Market, midnight_ms: int
) -> None:
    order = account.place(market, asked(Side.BUY, "0.1", Decimal(50_000)), midnight_ms)
    assert (order.status, holdings(account, "USDT")) == (Status.NEW, (5_000, 5_000))
    assert account.cancel(order, midnight_ms).status is Status.CANCELED
    assert holdings(account, "USDT") == (10_000, 0)


def test_a_resting_order_fills_at_its_own_price_once_the_market_trades_through_it(
    account: Account, market: Market, midnight_ms: int
) -> None:
    price = market.quote(midnight_ms).ask + market.traded.tick * 100
    order = account.place(market, asked(Side.SELL, "0.01", price), midnight_ms)
    seconds = market.fine(midnight_ms + 1000, midnight_ms + HOUR_MS)
    through = seconds.timestamp[seconds.high > int(price * 100)][0]
    account.settle(int(through))
    assert not order.fills
    account.settle(midnight_ms + HOUR_MS)
    assert order.status is Status.FILLED
    assert {fill.price for fill in order.fills} == {price}
    assert all(fill.is_maker for fill in order.fills)
    assert order.fills[0].time_ms == int(through) + 999


def test_a_large_resting_order_fills_in_parts_of_what_was_traded(
    account: Account, market: Market, midnight_ms: int
) -> None:
    order = account.place(market, asked(Side.SELL, "1", market.quote(midnight_ms).ask), midnight_ms)
    now_ms = midnight_ms
    while not order.fills:
        now_ms += 1000
        account.settle(now_ms)
    assert order.status is Status.PARTIALLY_FILLED
    assert holdings(account, "BTC") == (0, order.left)
    account.cancel(order, now_ms)
    assert holdings(account, "BTC") == (order.left, 0)


def test_settling_often_or_once_comes_to_the_same(market: Market, midnight_ms: int) -> None:
    price, ends = market.quote(midnight_ms).bid - 1, []
    for step in (1000, HOUR_MS):
        account = Account({"USDT": Decimal(100_000)}, Decimal("0.001"))
        order = account.place(market, asked(Side.BUY, "0.9", price), midnight_ms)
        for now_ms in range(midnight_ms, midnight_ms + HOUR_MS + 1, step):
            account.settle(now_ms)
        ends.append([(fill.time_ms, fill.amount) for fill in order.fills])
    assert ends[0] == ends[1] != []


@pytest.mark.parametrize("time_in_force", ["IOC", "FOK"])
def test_an_order_that_may_not_rest_expires_when_it_does_not_cross(
    account: Account, market: Market, midnight_ms: int, time_in_force: str
) -> None:
    order = account.place(market, asked(Side.BUY, "0.1", Decimal(50_000), time_in_force=time_in_force), midnight_ms)
    assert order.status is Status.EXPIRED
    assert holdings(account, "USDT") == (10_000, 0)


def test_a_post_only_order_that_crosses_is_refused(account: Account, market: Market, midnight_ms: int) -> None:
    request = asked(Side.BUY, "0.1", market.quote(midnight_ms).ask, kind=Kind.LIMIT_MAKER)
    refused = refusal_of(account, market, request, midnight_ms)
    assert (refused.code, refused.message) == (-2010, "Order would immediately match and take.")


def test_more_than_is_free_is_refused_and_changes_nothing(account: Account, market: Market, midnight_ms: int) -> None:
    for request in (asked(Side.BUY, "1"), asked(Side.SELL, "1.00001"), asked(Side.BUY, "1", Decimal(50_000))):
        assert refusal_of(account, market, request, midnight_ms).code == -2010


def test_less_than_the_least_notional_is_refused(account: Account, market: Market, midnight_ms: int) -> None:
    refused = refusal_of(account, market, asked(Side.BUY, "0.00001"), midnight_ms)
    assert (refused.code, refused.message) == (-1013, "Filter failure: NOTIONAL")


def test_a_client_order_id_is_a_duplicate_only_while_its_order_is_open(
    account: Account, market: Market, midnight_ms: int
) -> None:
    first = account.place(market, asked(Side.BUY, "0.01", Decimal(50_000), client_id="mine"), midnight_ms)
    again = asked(Side.BUY, "0.01", client_id="mine")
    assert refusal_of(account, market, again, midnight_ms).message == "Duplicate order sent."
    account.cancel(first, midnight_ms)
    second = account.place(market, again, midnight_ms)
    third = account.place(market, again, midnight_ms)
    assert second.id != third.id
    assert account.find("BTCUSDT", None, "mine") is third
    assert account.find("BTCUSDT", str(first.id), None) is first


def test_an_order_that_is_done_cannot_be_cancelled(account: Account, market: Market, midnight_ms: int) -> None:
    order = account.place(market, asked(Side.BUY, "0.01"), midnight_ms)
    with pytest.raises(ApiError, match="Unknown order sent"):
        account.cancel(order, midnight_ms)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_amount_is_ever_made_or_lost(market: Market, midnight_ms: int, seed: int) -> None:
    dice, now_ms = random.Random(seed), midnight_ms
    account = Account({"USDT": Decimal(10_000), "BTC": Decimal(1)}, Decimal("0.001"))
    for _ in range(60):
        now_ms += dice.randrange(10 * MINUTE_MS)
        account.settle(now_ms)
        _act(account, market, dice, now_ms)
    flows = {"USDT": Decimal(10_000), "BTC": Decimal(1)}
    for fill in account.fills:
        sign = 1 if fill.is_buy else -1
        flows["BTC"] += sign * fill.amount
        flows["USDT"] -= sign * fill.amount * fill.price
        flows[fill.commission_asset] -= fill.commission
    assert len(account.fills) > 10
    assert flows == {asset: holding.free + holding.locked for asset, holding in account.balances.items()}
    locked = sum((o.reserve * o.left for o in account.open_orders() if o.request.side is Side.BUY), Decimal(0))
    assert account.balances.of("USDT").locked == locked


def _act(account: Account, market: Market, dice: random.Random, now_ms: int) -> Order | None:
    waiting = account.open_orders()
    if waiting and dice.random() < 0.3:
        return account.cancel(dice.choice(waiting), now_ms)
    quote = market.quote(now_ms)
    price = dice.choice([None, quote.ask + dice.randrange(-90, 90), quote.bid])
    amount = f"{dice.randrange(10, 30_000) / 100_000:.5f}"
    try:
        return account.place(market, asked(dice.choice(list(Side)), amount, price), now_ms)
    except ApiError as refused:
        if refused.message != "Account has insufficient balance for requested action.":
            raise
        return None
