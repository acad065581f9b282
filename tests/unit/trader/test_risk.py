"""What a signal may become."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.market import Market, Series
from shared.trading import Books, Position, Side, buy, client_order_id, hold, sell
from trader.risk import Situation, Verdict, judge

BTC = Series("binance", "BTC/USDT", "1m")
MARKET = Market("binance", "BTC/USDT", D("0.00001"), D("0.01"), D(5), D("0.001"), D("0.001"))
FLAT = Situation(Books(D(10_000), Position()), MARKET, D(20_000), D("0.001"), fresh=True, newest=True, order_open=False)
HOLDING = replace(FLAT, books=Books(D(100), Position(D("0.5"), D(19_000))))
CANDLE = 1_700_000_040_000


def verdict(signal: object, situation: Situation) -> Verdict:
    return judge(signal, situation, "rsi-btc", BTC, CANDLE, now_us=7)  # type: ignore[arg-type]


def test_a_buy_spends_the_cash_less_the_reserve_and_the_fee_in_whole_lots() -> None:
    order = verdict(buy(), FLAT).order
    assert order is not None
    assert order.amount == D("0.49450")  # 9,900 / (20,000 * 1.001), rounded down to 0.00001
    assert (order.side, order.leg, order.decided_at_us) == (Side.BUY, "entry", 7)
    assert order.client_order_id == client_order_id("rsi-btc", CANDLE, "entry")


def test_a_sell_closes_the_asked_fraction_of_the_position() -> None:
    order = verdict(sell("0.5"), HOLDING).order
    assert order is not None
    assert order.amount == D("0.25")
    assert order.leg == "exit"


def test_holding_is_no_order_and_no_refusal() -> None:
    assert verdict(hold(), FLAT) == Verdict(None, "hold")


@pytest.mark.parametrize(
    ("signal", "situation", "reason"),
    [
        (buy(), replace(FLAT, newest=False), "a newer candle is known"),
        (sell(), replace(HOLDING, newest=False), "a newer candle is known"),
        (buy(), replace(FLAT, order_open=True), "an order is still open"),
        (buy(), replace(FLAT, market=None), "the market's rules are not known yet"),
        (buy(), replace(FLAT, fresh=False), "the series is stale"),
        (buy(), replace(FLAT, objection="its clock is off"), "its clock is off"),
        (sell(), FLAT, "there is nothing to sell"),
        (buy(), replace(FLAT, books=Books(D(4), Position())), "less than the market's smallest order"),
        (buy(), replace(FLAT, books=Books(D(0), Position())), "less than the market's smallest order"),
    ],
)
def test_a_refusal_says_why(signal: object, situation: Situation, reason: str) -> None:
    refused = verdict(signal, situation)
    assert refused.order is None
    assert refused.outcome.startswith("refused: ")
    assert reason in refused.outcome


def test_an_exit_goes_through_on_a_stale_series() -> None:
    assert verdict(sell(), replace(HOLDING, fresh=False)).outcome == "ordered"


def test_an_exit_goes_through_on_an_exchange_that_is_objected_to() -> None:
    assert verdict(sell(), replace(HOLDING, objection="its clock is off")).outcome == "ordered"


@given(cash=some.decimals(D("0.01"), D(10**9), places=8), price=some.decimals(D("0.01"), D(10**6), places=2))
def test_no_entry_costs_more_than_the_cash_at_the_price_it_was_decided_on(cash: D, price: D) -> None:
    order = verdict(buy(), replace(FLAT, books=Books(cash, Position()), price=price)).order
    if order is not None:
        assert order.amount * price * (1 + FLAT.costs) <= cash
        assert order.amount % MARKET.amount_step == 0
        assert order.amount * price >= MARKET.minimum_cost
