"""Positions must follow from trades."""

from dataclasses import replace
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from keeper.audit import difference
from shared.trading import Fill, Position, Side, after_fill

KEY = ("ema-btc", "binance", "BTC/USDT")


def fill(side: Side, amount: str, price: str, at: int) -> Fill:
    return Fill(f"t{at}", side, D(amount), D(price), D("0.01"), "USDT", at)


ROUND_TRIP = [fill(Side.BUY, "0.1", "100", 1), fill(Side.SELL, "0.1", "110", 2)]


def test_books_that_add_up_are_passed_over() -> None:
    assert difference(KEY, ROUND_TRIP, Position(realized_pnl=D("0.98"), fees=D("0.02"))) is None
    assert difference(KEY, [], Position()) is None


def test_a_wrong_position_is_told_with_what_it_should_be() -> None:
    told = difference(KEY, ROUND_TRIP, Position(realized_pnl=D("0.99"), fees=D("0.02")))
    assert told == "ema-btc binance BTC/USDT: realized_pnl is 0.99, its trades make 0.98"


def test_a_position_without_any_trade_is_wrong() -> None:
    assert "amount is 1, its trades make 0" in (difference(KEY, [], Position(D(1), D(5))) or "")


def test_trades_that_sell_more_than_was_held_contradict_themselves() -> None:
    told = difference(KEY, ROUND_TRIP[1:], Position())
    assert told is not None
    assert told.startswith("ema-btc binance BTC/USDT: its trades contradict themselves: trade t2 sells")


MONEY = st.decimals("0.00000001", "100000", places=8)


@given(bought=st.lists(st.tuples(MONEY, MONEY), min_size=1, max_size=8), lost=st.integers(0, 7))
def test_a_lost_trade_is_always_noticed(bought: list[tuple[D, D]], lost: int) -> None:
    fills = [
        replace(ROUND_TRIP[0], trade_id=str(at), amount=amount, price=price, executed_at_us=at)
        for at, (amount, price) in enumerate(bought)
    ]
    position = Position()
    for one in fills:
        position = after_fill(position, one)
    assert difference(KEY, fills, position) is None
    del fills[lost % len(fills)]
    assert difference(KEY, fills, position) is not None
