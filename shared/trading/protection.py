"""Prices at which a position is closed whatever the strategy's code says since."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Protection:
    """A row of `protections`; `candle` is that of the signal that opened the position."""

    strategy_id: str
    exchange: str
    symbol: str
    candle: int
    stop_price: Decimal | None
    take_profit: Decimal | None
