from decimal import Decimal as D

from shared.trading import Books, Kind, OpenOrder, Order, Position, Side, Status
from trader.live.comparing import required, shortfall, under_way


def books(cash: str, amount: str) -> Books:
    return Books(D(cash), Position(D(amount), D(0)))


def order(side: Side, amount: str, limit: str | None = None, symbol: str = "BTC/USDT") -> Order:
    kind, price = (Kind.MARKET, None) if limit is None else (Kind.LIMIT, D(limit))
    return Order("a" * 32, "one", 1, "entry", 1, "binance", symbol, side, D(amount), 0, kind, price, "live")


def test_all_books_of_an_account_are_added_up_by_asset() -> None:
    needed = required(
        [("BTC/USDT", books("100", "1")), ("ETH/USDT", books("50", "2")), ("BTC/USDT", books("1", "0.5"))]
    )
    assert needed == {"USDT": D(151), "BTC": D("1.5"), "ETH": D(2)}


def test_an_account_that_holds_as_much_or_more_covers_the_books() -> None:
    assert shortfall({"BTC": D(1)}, {"BTC": D(1)}, {}, "binance") is None
    assert shortfall({"BTC": D(1)}, {"BTC": D(9), "DOGE": D(3)}, {}, "binance") is None


def test_what_lacks_is_said_with_its_numbers() -> None:
    told = shortfall({"BTC": D("1.00000001"), "USDT": D(5)}, {"BTC": D(1), "USDT": D(5)}, {}, "binance")
    assert told is not None
    assert told.startswith("binance holds 1 BTC, the books of the live strategies there need 1.00000001")


def test_an_asset_the_account_does_not_name_is_not_there() -> None:
    assert shortfall({"BTC": D(1)}, {}, {}, "binance") is not None
    assert shortfall({"BTC": D(0)}, {}, {}, "binance") is None


def test_what_an_order_under_way_may_have_taken_is_no_loss() -> None:
    sale = OpenOrder(order(Side.SELL, "1"), Status.SENT)
    limited = OpenOrder(order(Side.BUY, "2", limit="100"), Status.PARTIALLY_FILLED, D(1))
    market = OpenOrder(order(Side.BUY, "1", symbol="ETH/USDT"), Status.UNKNOWN)
    assert under_way([sale, limited, market], {"ETH/USDT": D(10)}) == {"BTC": D(1), "USDT": D(121)}


def test_an_order_that_was_never_sent_has_taken_nothing() -> None:
    assert under_way([OpenOrder(order(Side.SELL, "1"))], {}) == {}
