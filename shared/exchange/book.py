"""Asking what stands in an order book."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from shared.exchange.client import Client
from shared.exchange.errors import rubbish
from shared.market import Level, OrderBook

#: Levels of each side that are asked for: what one request of the cheapest weight gives on Binance; 20 to 100 are
#: known to every exchange.
DEPTH = 100


async def fetch_book(client: Client, symbol: str, depth: int = DEPTH) -> OrderBook:
    """The book of a market now. RubbishError if it is none: crossed, out of order, without a number, with nothing."""
    what = f"order book of {symbol}"
    raw = await client.ask(what, "fetch_order_book", symbol, depth)
    try:
        book = OrderBook(client.name, symbol, _levels(raw["bids"]), _levels(raw["asks"]))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise rubbish(error, client.name, what) from error
    if not (book.bids or book.asks):  # ccxt makes this of what it can't read
        raise rubbish(ValueError("empty"), client.name, what)
    return book


def _levels(rows: Sequence[Sequence[Any]]) -> tuple[Level, ...]:
    """Each price and amount as it was written where ccxt made a float of it; a level that was emptied is none."""
    return tuple(Level(Decimal(str(row[0])), Decimal(str(row[1]))) for row in rows if row[1])
