"""Order intents: what risk let through, committed before anything is sent; and what is known of them since."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Literal

from shared.trading.signal import Side

Leg = Literal["entry", "exit", "stop", "target", "remainder", "flatten"]
BrokerName = Literal["paper", "live"]


class Kind(StrEnum):
    """At any price, or at the limit price or a better one."""

    MARKET = "market"
    LIMIT = "limit"


class Status(StrEnum):
    """How far an order has come. `unknown`: it was sent and no answer came; it may be live."""

    NEW = "new"
    SENT = "sent"
    UNKNOWN = "unknown"
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"

    @property
    def is_done(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self in (Status.FILLED, Status.CANCELLED, Status.REJECTED)


def client_order_id(strategy_id: str, candle: int, leg: Leg = "entry", attempt: int = 1) -> str:
    """The id this request always has, whoever computes it and how often; 32 hexadecimal digits.

    `candle` is the open time (ms) of the candle whose signal asked for the order.
    """
    request = "\x1f".join((strategy_id, str(candle), leg, str(attempt)))
    return sha256(request.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Order:
    """An order intent; `decided_at_us` is the wall clock at the decision, `candle` that of the signal behind it."""

    client_order_id: str
    strategy_id: str
    candle: int
    leg: Leg
    attempt: int
    exchange: str
    symbol: str
    side: Side
    amount: Decimal
    decided_at_us: int
    kind: Kind = Kind.MARKET
    limit_price: Decimal | None = None
    broker: BrokerName = "paper"

    def __post_init__(self) -> None:
        if self.side is Side.HOLD or not self.amount > 0:
            raise ValueError(f"impossible order: {self.side.value} {self.amount} {self.symbol}")
        if (self.kind is Kind.LIMIT) != (self.limit_price is not None):
            raise ValueError(f"impossible order: {self.kind.value} with the limit {self.limit_price}")

    @property
    def is_entry(self) -> bool:
        """Whether it makes new exposure; every other leg takes exposure away."""
        return self.leg == "entry"


@dataclass(frozen=True)
class OpenOrder:
    """An order that is not done, as the ledger knows it.

    `sent_until_ms` (the exchange's clock) is until when a request under way may still be accepted; `checked_at_us` up
    to when the paper market was looked at.
    """

    order: Order
    status: Status = Status.NEW
    filled: Decimal = Decimal(0)
    exchange_order_id: str | None = None
    sent_until_ms: int | None = None
    checked_at_us: int = 0

    @property
    def left(self) -> Decimal:
        """What is still to be filled."""
        return self.order.amount - self.filled
