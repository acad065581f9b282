"""What one fill on paper costs."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from shared.config import PaperSettings
from shared.market import Market
from shared.trading import Books, Fill, Position, Side
from tests.unit.trader.paper.market import MARKET, PLAIN, order, tick
from trader.paper.fills import Liquidity, best, costs, made, market_price, shortage

SLIPPING = PaperSettings(slippage=D("0.0002"))
WIDE = PaperSettings(slippage=D(0), spread=D("0.002"))
RECEIVED = replace(MARKET, fee_side="received")


def fill(side: Side, market: Market = MARKET, paper: PaperSettings = PLAIN, liquidity: Liquidity = "taker") -> Fill:
    return made(order(side), 1, D(2), D("100.04"), liquidity, 9, market, paper)


def test_a_buy_pays_the_ask_and_slippage_rounded_up_to_the_tick() -> None:
    # 100.01 * 1.0002 = 100.030002
    assert market_price(order(Side.BUY), tick("99.98", "100.01"), MARKET, SLIPPING) == D("100.04")


def test_a_sale_gets_the_bid_less_slippage_rounded_down_to_the_tick() -> None:
    # 99.98 * 0.9998 = 99.960004
    assert market_price(order(Side.SELL), tick("99.98", "100.01"), MARKET, SLIPPING) == D("99.96")


def test_a_spread_narrower_than_the_one_that_is_set_is_widened_evenly_and_a_wider_one_stays() -> None:
    assert best(tick("100", "100"), D("0.002")) == (D("99.9"), D("100.1"))
    assert best(tick("99", "101"), D("0.002")) == (D(99), D(101))
    assert market_price(order(Side.BUY), tick("100", "100"), MARKET, WIDE) == D("100.10")


def test_slippage_never_makes_a_price_worse_than_the_limit() -> None:
    assert market_price(order(Side.BUY, limit="100.02"), tick("99.98", "100.01"), MARKET, SLIPPING) == D("100.02")
    assert market_price(order(Side.SELL, limit="99.97"), tick("99.98", "100.01"), MARKET, SLIPPING) == D("99.97")


def test_a_price_is_never_less_than_one_tick() -> None:
    assert market_price(order(Side.SELL), tick("0.001", "0.002"), MARKET, SLIPPING) == D("0.01")


@pytest.mark.parametrize(
    ("fee_side", "side", "asset", "fee"),
    [
        ("quote", Side.BUY, "USDT", "0.20008"),
        ("quote", Side.SELL, "USDT", "0.20008"),
        ("received", Side.BUY, "BTC", "0.002"),
        ("received", Side.SELL, "USDT", "0.20008"),
        ("base", Side.BUY, "BTC", "0.002"),
        ("base", Side.SELL, "BTC", "0.002"),
    ],
)
def test_a_fee_comes_off_the_asset_that_the_exchange_takes_it_from(
    fee_side: str, side: Side, asset: str, fee: str
) -> None:
    paid = fill(side, replace(MARKET, fee_side=fee_side))  # type: ignore[arg-type]
    assert (paid.fee_asset, paid.fee) == (asset, D(fee))


def test_makers_and_takers_pay_what_the_market_asks_unless_a_fee_is_set() -> None:
    markets_own = PaperSettings()
    assert fill(Side.BUY, paper=markets_own, liquidity="maker").fee == D("0.160064")
    assert fill(Side.BUY, paper=markets_own, liquidity="taker").fee == D("0.20008")
    assert fill(Side.BUY, paper=PLAIN, liquidity="maker").fee == D("0.20008")
    assert fill(Side.BUY, paper=PaperSettings(fee=D(0))).fee == 0


def test_a_maker_may_be_given_a_rebate() -> None:
    rebate = replace(MARKET, maker_fee=D("-0.0001"))
    assert fill(Side.BUY, rebate, PaperSettings(), "maker").fee == D("-0.020008")


def test_a_fee_of_very_many_digits_is_exact() -> None:
    amount, price = D("123456789012345.12345678"), D("0.000012345678")
    paid = made(order(), 1, amount, price, "taker", 9, MARKET, PLAIN)
    assert paid.fee.as_tuple().digits[-3:] == (6, 8, 4)
    assert len(paid.fee.as_tuple().digits) == 30


def test_the_same_fill_has_the_same_id_whenever_it_is_made() -> None:
    first, again = (made(order(), 3, D(1), D(1), "taker", at, MARKET, PLAIN) for at in (1, 2))
    assert first.trade_id == again.trade_id == "c1-3"


def test_an_entry_costs_spread_slippage_and_a_fee_that_is_taken_from_the_quote() -> None:
    paper = PaperSettings(spread=D("0.002"), slippage=D("0.0002"))
    assert costs(paper, MARKET) == D("1.001") * D("1.0002") * D("1.001") - 1
    assert costs(paper, RECEIVED) == D("1.001") * D("1.0002") - 1
    assert costs(paper, replace(MARKET, taker_fee=D("0.012"))) == D("1.001") * D("1.0002") * D("1.012") - 1
    assert costs(PaperSettings(slippage=D(0)), None) == D("0.001")


def test_a_buy_the_cash_cannot_pay_is_objected_to() -> None:
    assert shortage(fill(Side.BUY), Books(D("200.28008"), Position())) is None
    assert shortage(fill(Side.BUY), Books(D("200.28007"), Position())) == (
        "insufficient funds: it costs 200.28008 USDT, there are 200.28007"
    )


def test_more_than_is_held_is_not_sold_the_fee_in_base_included() -> None:
    in_base = fill(Side.SELL, replace(MARKET, fee_side="base"))
    assert shortage(fill(Side.SELL), Books(D(0), Position(D(2), D(90)))) is None
    assert "insufficient holding" in (shortage(fill(Side.SELL), Books(D(0), Position(D("1.9"), D(90)))) or "")
    assert shortage(in_base, Books(D(0), Position(D(2), D(90)))) == (
        "insufficient holding: it takes 2.002 BTC, there are 2"
    )
