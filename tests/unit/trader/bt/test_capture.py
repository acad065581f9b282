"""Orders of backtrader's as one signal."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.errors import StrategyError
from shared.market import Market
from shared.trading import Position, Side
from trader.bt.capture import Asked, Holding, signal_of
from trader.risk.sizes import floored

FLAT = Holding(Position(), cash=D(10_000), close=D(100))
LONG = Holding(Position(amount=D(20), cost=D(1_900)), cash=D(8_000), close=D(100))
MARKET = Market("binance", "BTC/USDT", D("0.00001"), D("0.01"), D(5), D("0.001"), D("0.001"))

BUY = Asked(Side.BUY, "Market", 10.0)
STOP = Asked(Side.SELL, "Stop", 10.0, 95.0)
TARGET = Asked(Side.SELL, "Limit", 10.0, 110.0)


def test_no_order_is_a_hold() -> None:
    assert signal_of([], [], FLAT).is_hold


def test_a_buy_becomes_the_share_of_equity_that_is_to_be_held() -> None:
    signal = signal_of([BUY], [], FLAT)
    assert signal.target == pytest.approx(D("0.1"), rel=D("1e-8"))
    assert signal_of([BUY], [], LONG).target == pytest.approx(D("0.3"), rel=D("1e-8"))
    assert signal.flaw is None


@given(some.decimals("0.00001", "99", places=5), some.decimals("0.01", "100000", places=2))
def test_a_buy_in_whole_lots_comes_out_as_exactly_that_amount(size: D, close: D) -> None:
    cash = size * close + 1
    target = signal_of([Asked(Side.BUY, "Market", float(size))], [], Holding(Position(), cash, close)).target
    assert target is not None
    assert floored(cash * target / close, MARKET) == size


def test_what_closes_the_position_stands_beside_its_entry() -> None:
    signal = signal_of([BUY._replace(execution="Limit", price=99.5), STOP, TARGET], [], FLAT)
    assert (signal.limit, signal.stop, signal.take_profit) == (D("99.5"), D("95.0"), D("110.0"))


def test_a_buy_for_all_the_cash_takes_all_of_it_and_one_beyond_is_left_for_risk_to_refuse() -> None:
    assert signal_of([BUY._replace(size=100.0)], [], FLAT).target == 1
    beyond = signal_of([BUY._replace(size=200.0)], [], FLAT)
    assert beyond.flaw is not None
    assert "buy 200, 20000.00 of 10000.00" in beyond.reason


def test_a_sale_becomes_a_part_of_the_position() -> None:
    half = signal_of([Asked(Side.SELL, "Market", 10.0)], [], LONG)
    assert (half.side, floored(half.size * 20, MARKET)) == (Side.SELL, D(10))
    assert signal_of([Asked(Side.SELL, "Market", 25.0)], [], LONG).size == 1
    assert signal_of([TARGET], [], LONG).limit == 110


def test_an_exit_may_take_its_stop_back_and_a_cancelled_entry_is_a_sale_of_nothing() -> None:
    assert signal_of([Asked(Side.SELL, "Market", 20.0)], [STOP], LONG).side is Side.SELL
    assert signal_of([], [BUY], FLAT).side is Side.SELL


@pytest.mark.parametrize(
    ("asked", "taken_back", "holding", "why"),
    [
        ([BUY, BUY], [], FLAT, "two entries"),
        ([BUY], [BUY], FLAT, "two entries"),
        ([BUY._replace(execution="Stop", price=101.0)], [], FLAT, "entry at a stop price"),
        ([BUY._replace(execution="StopTrail")], [], FLAT, "StopTrail can't be traded"),
        ([BUY._replace(execution="Close")], [], FLAT, "Close can't be traded"),
        ([BUY._replace(execution="Limit", price=99.0, expires=True)], [], FLAT, "valid"),
        ([BUY, STOP, STOP], [], FLAT, "one stop and one limit"),
        ([BUY, Asked(Side.SELL, "Market", 10.0)], [], FLAT, "one stop and one limit"),
        ([BUY, STOP._replace(size=5.0)], [], FLAT, "size of the entry"),
        ([STOP], [], LONG, "stop of its own"),
        ([STOP, TARGET], [], LONG, "stop of its own"),
        ([TARGET, TARGET], [], LONG, "two exits"),
        ([], [STOP], LONG, "takes back an order"),
        ([], [BUY], LONG, "takes back an order"),
    ],
)
def test_what_a_trader_can_t_do_is_refused_with_the_reason(
    asked: list[Asked], taken_back: list[Asked], holding: Holding, why: str
) -> None:
    with pytest.raises(StrategyError, match=why):
        signal_of(asked, taken_back, holding)
