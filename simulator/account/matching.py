"""When an order trades, at what price, and how much of it: pure functions of the order and the market."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

import numpy as np

from simulator.account.orders import Kind, Request, Side
from simulator.errors import ApiError
from simulator.market.candles import Candles
from simulator.market.instrument import Instrument
from simulator.market.market import Quote
from simulator.market.rendering import Digits


@dataclass(frozen=True, slots=True)
class Execution:
    price: Decimal
    amount: Decimal
    time_ms: int
    is_maker: bool


def amount_of(request: Request, quote: Quote, traded: Instrument) -> Decimal:
    """How much is ordered: as said, or as many whole lots as the cost pays for."""
    if request.amount is not None:
        return request.amount
    price = quote.ask if request.side is Side.BUY else quote.bid
    return ((request.cost or Decimal(0)) / price).quantize(traded.lot, ROUND_DOWN)


def price_on_arrival(request: Request, quote: Quote) -> Decimal | None:
    """The top of the book that the whole order takes at once, or None when it does not cross.

    Raises -2010 for a post-only order that crosses.
    """
    book = quote.ask if request.side is Side.BUY else quote.bid
    if request.price is None:
        return book
    crosses = request.price >= book if request.side is Side.BUY else request.price <= book
    if crosses and request.kind is Kind.LIMIT_MAKER:
        raise ApiError(-2010, "Order would immediately match and take.")
    return book if crosses else None


def while_resting(request: Request, left: Decimal, seconds: Candles, digits: Digits, lot: Decimal) -> list[Execution]:
    """What a resting order gets from seconds that trade through its price: at most what traded in each."""
    assert request.price is not None  # noqa: S101  only a priced order rests
    limit = digits.units(request.price)
    through = seconds.low < limit if request.side is Side.BUY else seconds.high > limit
    executions = []
    for place in np.flatnonzero(through):
        traded = Decimal(digits.amount(seconds.volume[place])).quantize(lot, ROUND_DOWN)
        amount = min(left, traded)
        if amount:
            executions.append(Execution(request.price, amount, int(seconds.timestamp[place]) + 999, is_maker=True))
            left -= amount
        if not left:
            break
    return executions


def commission(side: Side, execution: Execution, rate: Decimal) -> Decimal:
    """Of the base asset on a buy, of the quote asset on a sale; eight decimals."""
    received = execution.amount if side is Side.BUY else execution.amount * execution.price
    return (received * rate).quantize(Decimal("1e-8"), ROUND_DOWN)
