"""What a market costs now, and the rules it trades by."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

#: Which asset a fee is taken from: always the one, always the other, or what is received.
FeeSide = Literal["quote", "base", "received"]


@dataclass(frozen=True)
class Ticker:
    """Best prices of a market; `timestamp` is the exchange's (ms), `received_at_us` our own clock's."""

    exchange: str
    symbol: str
    timestamp: int
    bid: Decimal
    ask: Decimal
    last: Decimal
    received_at_us: int

    def __post_init__(self) -> None:
        if not Decimal(0) < self.bid <= self.ask or self.last <= 0:
            raise ValueError(f"impossible ticker of {self.symbol}: bid {self.bid} ask {self.ask} last {self.last}")


@dataclass(frozen=True)
class Market:
    """Trading rules of one symbol on one exchange: steps of amount and price, bounds, fees as fractions.

    A fee below zero is a rebate. Without a `maximum_amount` an order may be of any size.
    """

    exchange: str
    symbol: str
    amount_step: Decimal
    price_tick: Decimal
    minimum_cost: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    minimum_amount: Decimal = Decimal(0)
    maximum_amount: Decimal | None = None
    fee_side: FeeSide = "quote"
