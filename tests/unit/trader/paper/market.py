"""A small market for the tests of the paper broker."""

from dataclasses import replace
from decimal import Decimal as D

from shared.config import PaperSettings
from shared.market import Market, Ticker
from shared.trading import Books, Kind, OpenOrder, Order, Position, Side, Status
from trader.paper.matching import Matching

MARKET = Market("binance", "BTC/USDT", D("0.00001"), D("0.01"), D(5), D("0.0008"), D("0.001"))
PLAIN = PaperSettings(slippage=D(0), fee=D("0.001"))
RICH = Books(D(1_000_000), Position(D(1_000), D(100_000)))


def tick(bid: str, ask: str, second: int = 1) -> Ticker:
    """Quotes received so many seconds after the order was decided on."""
    return Ticker("binance", "BTC/USDT", second * 1_000, D(bid), D(ask), D(bid), second * 1_000_000)


def order(side: Side = Side.BUY, amount: str = "2", limit: str | None = None) -> Order:
    """Decided on at second 0."""
    kind, price = (Kind.MARKET, None) if limit is None else (Kind.LIMIT, D(limit))
    leg = "entry" if side is Side.BUY else "exit"
    return Order("c1", "one", 0, leg, 1, "binance", "BTC/USDT", side, D(amount), 0, kind, price)  # type: ignore[arg-type]


def at_market(
    wanted: Order, status: Status = Status.NEW, filled: str = "0", paper: PaperSettings = PLAIN, books: Books = RICH
) -> Matching:
    """The order as it stands before the next look."""
    booked = [(D(filled), 0)] if D(filled) else []
    return Matching(OpenOrder(wanted, status, D(filled)), MARKET, books, paper, booked)


def on(market_matching: Matching, **rules: object) -> Matching:
    """The same under other rules of the market."""
    return replace(market_matching, market=replace(MARKET, **rules))  # type: ignore[arg-type]
