"""The paper market."""

from dataclasses import replace
from decimal import Decimal as D

from shared.market import Market, Ticker
from shared.trading import Books, Order, Position, Side
from trader.paper import Paper, is_expired, objection

MARKET = Market("binance", "BTC/USDT", D("0.00001"), D("0.01"), D(5), D("0.001"), D("0.001"))
TICKER = Ticker("binance", "BTC/USDT", 1_000, D("99.98"), D("100.01"), D("100.00"), 1_000_000)
PAPER = Paper(slippage=D("0.0002"), fee=D("0.001"))


def order(side: Side) -> Order:
    return Order("ch1", "s", 0, "entry", 1, "binance", "BTC/USDT", side, D(2), 5)


def test_a_buy_pays_the_ask_and_slippage_rounded_up_to_the_tick() -> None:
    fill = PAPER.fill(order(Side.BUY), TICKER, MARKET, now_us=9)
    assert fill.price == D("100.04")  # 100.01 * 1.0002 = 100.030002
    assert fill.fee == D("0.20008")
    assert (fill.fee_asset, fill.amount, fill.executed_at_us) == ("USDT", D(2), 9)


def test_a_sell_gets_the_bid_less_slippage_rounded_down_to_the_tick() -> None:
    assert PAPER.fill(order(Side.SELL), TICKER, MARKET, now_us=9).price == D("99.96")  # 99.98 * 0.9998 = 99.960004


def test_the_same_order_always_gives_the_same_trade_id() -> None:
    first, again = (PAPER.fill(order(Side.BUY), TICKER, MARKET, now_us=now) for now in (1, 2))
    assert first.trade_id == again.trade_id == "ch1-1"


def test_an_entry_waits_for_a_price_as_long_as_its_decision_is_fresh_and_an_exit_for_ever() -> None:
    entry, leaving = order(Side.BUY), replace(order(Side.SELL), leg="exit")
    assert not is_expired(entry, 5 + 10_000_000, patience_ms=10_000)
    assert is_expired(entry, 5 + 10_000_001, patience_ms=10_000)
    assert not is_expired(leaving, 10**15, patience_ms=10_000)


def test_the_costs_of_an_entry_are_slippage_and_fee_on_top_of_each_other() -> None:
    assert PAPER.costs == D("0.0012002")


def test_a_fill_the_cash_cannot_pay_is_objected_to() -> None:
    fill = PAPER.fill(order(Side.BUY), TICKER, MARKET, now_us=9)
    assert objection(fill, Books(D("200.28008"), Position())) is None
    assert "insufficient funds" in (objection(fill, Books(D("200.28007"), Position())) or "")


def test_more_than_is_held_is_not_sold() -> None:
    fill = PAPER.fill(order(Side.SELL), TICKER, MARKET, now_us=9)
    assert objection(fill, Books(D(0), Position(D(2), D(90)))) is None
    assert "insufficient holding" in (objection(fill, Books(D(0), Position(D("1.9"), D(90)))) or "")
