"""Order intents: what risk let through, committed before anything is sent; and what is known of them since."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Literal

from shared.market import base_of, quote_of
from shared.trading.money import ZERO, exact, is_sane
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

    @property
    def rank(self) -> int:
        """How far along it is; the three ends are equally far."""
        return list(Status).index(Status.FILLED if self.is_done else self)


def status_after(before: Status, told: Status, filled: Decimal, amount: Decimal) -> Status:
    """Where an order of `amount` stands once a broker has told a status, and `filled` of it is booked.

    Never further back than before: an answer may be older than what is known, and an end is final, also if a fill comes
    in late. What is booked weighs more than what is told: an order counts as filled when all its fills are here.
    """
    if before.is_done:
        return before
    if filled >= amount:
        return Status.FILLED
    if told is Status.FILLED or (filled and not told.is_done):
        told = Status.PARTIALLY_FILLED if filled else Status.OPEN
    return told if told.rank > before.rank else before


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
        if self.side is Side.HOLD or not (is_sane(self.amount) and self.amount > 0):
            raise ValueError(f"impossible order: {self.side.value} {self.amount} {self.symbol}")
        if (self.kind is Kind.LIMIT) != (self.limit_price is not None):
            raise ValueError(f"impossible order: {self.kind.value} with the limit {self.limit_price}")
        if self.limit_price is not None and not (is_sane(self.limit_price) and self.limit_price > 0):
            raise ValueError(f"impossible order: at the limit {self.limit_price}")

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
    filled: Decimal = ZERO
    exchange_order_id: str | None = None
    sent_until_ms: int | None = None
    checked_at_us: int = 0

    @property
    @exact
    def left(self) -> Decimal:
        """What is still to be filled."""
        return self.order.amount - self.filled

    @property
    def held_asset(self) -> str:
        """Of which asset it may hold some."""
        return quote_of(self.order.symbol) if self.order.side is Side.BUY else base_of(self.order.symbol)

    @property
    @exact
    def held(self) -> Decimal:
        """What it has a claim on: a limit order holds quote to buy with, or base to sell, until it is done.

        Without the fee, which is not known before; a market order holds nothing, because it is over at once.
        """
        if self.order.limit_price is None or self.status.is_done:
            return ZERO
        return self.left * self.order.limit_price if self.order.side is Side.BUY else self.left
