"""An order book makes sense, or is none."""

from decimal import Decimal as D

import pytest

from shared.market import Level, OrderBook


def book(bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> OrderBook:
    bid, ask = ([Level(D(price), D(amount)) for price, amount in side] for side in (bids, asks))
    return OrderBook("binance", "BTC/USDT", tuple(bid), tuple(ask))


def test_bids_fall_asks_rise_and_a_side_may_be_empty() -> None:
    assert book([("99", "1"), ("98", "2")], [("100", "1")]).bids[0] == Level(D(99), D(1))
    assert book([], [("100", "1")]).bids == ()


@pytest.mark.parametrize(
    ("bids", "asks"),
    [
        ([("98", "1"), ("99", "1")], []),
        ([], [("100", "1"), ("100", "1")]),
        ([("100", "1")], [("100", "1")]),
        ([("99", "0")], []),
        ([("-1", "1")], []),
    ],
)
def test_a_book_out_of_order_crossed_or_with_nothing_at_a_price_is_impossible(
    bids: list[tuple[str, str]], asks: list[tuple[str, str]]
) -> None:
    with pytest.raises(ValueError, match=r"impossible order book of BTC/USDT"):
        book(bids, asks)
