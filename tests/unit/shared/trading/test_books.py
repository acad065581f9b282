"""Cash, the position, and what open orders hold of both."""

from dataclasses import replace
from decimal import Decimal as D

from shared.trading import Books, Kind, OpenOrder, Order, Position, Side
from tests.unit.shared.trading.fills import bought, sold

RICH = Books(D(1000), Position())
BUYING = OpenOrder(
    Order("id", "rsi", 0, "entry", 1, "binance", "BTC/USDT", Side.BUY, D(2), 1, kind=Kind.LIMIT, limit_price=D(100))
)
NOTHING = replace(BUYING, filled=D(2))


def test_a_fill_moves_cash_and_position_together() -> None:
    after = RICH.after(bought("2", "100", "0.2"))
    assert (after.cash, after.position.amount) == (D("799.8"), D(2))
    assert after.after(sold("2", "110", "0.2")).cash == D("1019.6")


def test_equity_is_cash_and_the_position_at_the_mark() -> None:
    assert RICH.after(bought("2", "100")).equity(D(150)) == 1100
    assert RICH.after(sold("2", "100")).equity(D(150)) == 900


def test_what_an_open_order_holds_is_not_free() -> None:
    assert RICH.holding(NOTHING, BUYING).free == 800
    half = replace(BUYING, filled=D(1))
    assert RICH.holding(NOTHING, BUYING).holding(BUYING, half).held == 100


def test_an_order_to_sell_holds_the_base() -> None:
    selling = replace(BUYING, order=replace(BUYING.order, side=Side.SELL))
    books = RICH.holding(replace(selling, filled=D(2)), selling)
    assert (books.held, books.held_base) == (D(0), D(2))


def test_large_cash_and_small_fees_lose_no_digit() -> None:
    books = Books(D(123456789012345678901234567890), Position()).after(sold("1", "0.000000000000000001"))
    assert books.cash == D("123456789012345678901234567890.000000000000000001")
