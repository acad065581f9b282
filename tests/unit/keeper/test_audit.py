"""Positions and cash must follow from trades."""

from dataclasses import replace
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from keeper.audit import difference
from shared.trading import Books, Fill, Position, Side

KEY = ("ema-btc", "binance", "BTC/USDT")
PAID_IN = D(1000)


def fill(side: Side, amount: str, price: str, at: int) -> Fill:
    return Fill(f"t{at}", side, D(amount), D(price), D("0.01"), "USDT", at)


ROUND_TRIP = [fill(Side.BUY, "0.1", "100", 1), fill(Side.SELL, "0.1", "110", 2)]
EARNED = Books(D("1000.98"), Position(realized_pnl=D("0.98"), fees=D("0.02")))


def test_books_that_add_up_are_passed_over() -> None:
    assert difference(KEY, PAID_IN, ROUND_TRIP, EARNED) is None
    assert difference(KEY, PAID_IN, [], Books(PAID_IN, Position())) is None


def test_a_wrong_position_is_told_with_what_it_should_be() -> None:
    told = difference(KEY, PAID_IN, ROUND_TRIP, replace(EARNED, position=Position(D(0), D(0), D("0.99"), D("0.02"))))
    assert told == "ema-btc binance BTC/USDT: realized_pnl is 0.99, its trades make 0.98"


def test_wrong_cash_is_told_with_what_it_should_be() -> None:
    told = difference(KEY, PAID_IN, ROUND_TRIP, replace(EARNED, cash=D("1000.99")))
    assert told == "ema-btc binance BTC/USDT: cash is 1000.99, its trades make 1000.98"
    assert difference(KEY, PAID_IN, [], Books(D(0), Position())) is not None


def test_a_position_without_any_trade_is_wrong() -> None:
    told = difference(KEY, PAID_IN, [], Books(PAID_IN, Position(D(1), D(5))))
    assert "amount is 1, its trades make 0" in (told or "")


def test_trades_that_sell_more_than_was_held_contradict_themselves() -> None:
    told = difference(KEY, PAID_IN, ROUND_TRIP[1:], Books(PAID_IN, Position()))
    assert told is not None
    assert told.startswith("ema-btc binance BTC/USDT: its trades contradict themselves: trade t2 sells")


MONEY = st.decimals("0.00000001", "100000", places=8)


@given(bought=st.lists(st.tuples(MONEY, MONEY), min_size=1, max_size=8), lost=st.integers(0, 7))
def test_a_lost_trade_is_always_noticed(bought: list[tuple[D, D]], lost: int) -> None:
    fills = [
        replace(ROUND_TRIP[0], trade_id=str(at), amount=amount, price=price, executed_at_us=at)
        for at, (amount, price) in enumerate(bought)
    ]
    books = Books(PAID_IN, Position())
    for one in fills:
        books = books.after(one)
    assert difference(KEY, PAID_IN, fills, books) is None
    del fills[lost % len(fills)]
    assert difference(KEY, PAID_IN, fills, books) is not None
