"""An order book: what stands at each price, best first."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple


class Level(NamedTuple):
    """A price and the amount (base asset) that stands there."""

    price: Decimal
    amount: Decimal


@dataclass(frozen=True)
class OrderBook:
    """One market's book at a moment; bids fall, asks rise. A side may be empty."""

    exchange: str
    symbol: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]

    def __post_init__(self) -> None:
        falling = all(better.price > worse.price for better, worse in pairwise(self.bids))
        rising = all(better.price < worse.price for better, worse in pairwise(self.asks))
        crossed = self.bids and self.asks and self.bids[0].price >= self.asks[0].price
        if not (falling and rising) or crossed or any(min(level) <= 0 for level in (*self.bids, *self.asks)):
            raise ValueError(f"impossible order book of {self.symbol}: {self.bids[:2]} {self.asks[:2]}")
