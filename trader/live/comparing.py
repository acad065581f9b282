"""Whether an account holds what the books of all who trade on it say. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from shared.market import base_of, quote_of
from shared.trading import Books, Kind, OpenOrder, Side, Status

ZERO = Decimal(0)

#: What a market order under way may have cost more than the last price, fees included.
_ROOM = Decimal("1.1")


def required(books: Iterable[tuple[str, Books]]) -> dict[str, Decimal]:
    """What the account must have of each asset: the cash and the positions of all books, given as (symbol, books)."""
    needed = defaultdict[str, Decimal](Decimal)
    for symbol, each in books:
        needed[quote_of(symbol)] += each.cash
        needed[base_of(symbol)] += max(each.position.amount, ZERO)
    return dict(needed)


def under_way(orders: Iterable[OpenOrder], prices: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What fills that are not booked yet may have taken of each asset; `prices` are the last ones, by symbol."""
    taken = defaultdict[str, Decimal](Decimal)
    for waiting in orders:
        order = waiting.order
        if waiting.status is Status.NEW:
            continue
        if order.side is Side.SELL:
            taken[base_of(order.symbol)] += waiting.left
        elif order.kind is Kind.LIMIT and order.limit_price is not None:
            taken[quote_of(order.symbol)] += waiting.left * order.limit_price * _ROOM
        else:
            taken[quote_of(order.symbol)] += waiting.left * prices.get(order.symbol, Decimal("Infinity")) * _ROOM
    return dict(taken)


def shortfall(
    needed: Mapping[str, Decimal], held: Mapping[str, Decimal], taken: Mapping[str, Decimal], exchange: str
) -> str | None:
    """What lacks, in the words of a halt; None if the account covers the books. It may hold more."""
    for asset, amount in sorted(needed.items()):
        has = held.get(asset, ZERO)
        if has + taken.get(asset, ZERO) < amount:
            return (
                f"{exchange} holds {has} {asset}, the books of the live strategies there need {amount}: deposit what"
                " lacks, or correct the books"
            )
    return None
