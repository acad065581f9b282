"""Order intents: what risk let through, committed before anything is sent."""

from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from shared.trading.signal import Side


def client_order_id(strategy_id: str, candle: int, leg: str = "entry", attempt: int = 1) -> str:
    """The id this request always has, whoever computes it and how often; 32 letters and digits.

    `candle` is the open time (ms) of the candle whose signal asked for the order.
    """
    request = "\x1f".join((strategy_id, str(candle), leg, str(attempt)))
    return "ch" + sha256(request.encode()).hexdigest()[:30]


@dataclass(frozen=True)
class Order:
    """A market order; `decided_at_us` is the wall clock at the decision, `candle` the candle that caused it."""

    client_order_id: str
    strategy_id: str
    candle: int
    leg: str
    attempt: int
    exchange: str
    symbol: str
    side: Side
    amount: Decimal
    decided_at_us: int

    def __post_init__(self) -> None:
        if self.side is Side.HOLD or not self.amount > 0:
            raise ValueError(f"impossible order: {self.side.value} {self.amount} {self.symbol}")
