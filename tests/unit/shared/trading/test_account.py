"""Deposits and fills make positions and totals, each asset for itself."""

from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from shared.trading import Account, Books, Fill, Position
from tests.unit.shared.trading.fills import bought, fills, sold


def test_each_market_has_its_position_and_each_asset_its_total() -> None:
    account = Account({"USDT": D(1000)})
    account.book("BTC/USDT", bought("2", "100", fee="0.01", asset="BNB"))
    account.book("ETH/USDT", Fill("e", bought("1", "1").side, D(3), D(10), D(0), "USDT", 1, "ETH", "USDT"))
    assert account.totals == {"USDT": 770, "BTC": 2, "BNB": D("-0.01"), "ETH": 3}
    assert account.position("BTC/USDT").cost == 200
    assert account.position("ETH/USDT").average_price == 10
    assert account.position("SOL/USDT") == Position()


def test_it_says_what_each_fill_realized_after_its_fee() -> None:
    account = Account()
    assert account.book("BTC/USDT", bought("2", "100", fee="0.2")) == D("-0.2")
    assert account.book("BTC/USDT", sold("1", "110", fee="0.1")) == D("9.9")


@given(st.lists(fills(), max_size=8))
def test_it_agrees_with_books_that_were_kept_fill_by_fill(several: list[Fill]) -> None:
    account, books = Account({"USDT": D(1000)}), Books(D(1000), Position())
    for each in several:
        account.book("BTC/USDT", each)
        books = books.after(each)
    assert account.position("BTC/USDT") == books.position
    assert account.totals["USDT"] == books.cash
    assert account.totals.get("BTC", D(0)) == books.position.amount
