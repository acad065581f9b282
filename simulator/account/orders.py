"""An order as a client asks for it and as the exchange keeps it, and the fills it got."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from simulator.account.filters import check_lot, check_price, decimal_of
from simulator.errors import ApiError, missing
from simulator.market.instrument import Instrument


class Side(StrEnum):
    BUY = "BUY"
    SELL = "SELL"


class Kind(StrEnum):
    MARKET = "MARKET"
    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"


class Status(StrEnum):
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


OPEN: Final = (Status.NEW, Status.PARTIALLY_FILLED)
TIMES_IN_FORCE: Final = ("GTC", "IOC", "FOK")


@dataclass(frozen=True, slots=True)
class Request:
    """A checked order request. A market order has no price, and either an amount or a sum to spend (`cost`)."""

    symbol: str
    side: Side
    kind: Kind
    amount: Decimal | None
    cost: Decimal | None
    price: Decimal | None
    time_in_force: str
    client_id: str | None


@dataclass(frozen=True, slots=True)
class Fill:
    """One trade of the account; the commission is in `commission_asset`."""

    id: int
    order_id: int
    symbol: str
    is_buy: bool
    price: Decimal
    amount: Decimal
    commission: Decimal
    commission_asset: str
    time_ms: int
    is_maker: bool


@dataclass(slots=True)
class Order:
    """`reserve` is the price at which its quote is locked; `checked_ms` is up to when the market was looked at."""

    id: int
    client_id: str
    request: Request
    amount: Decimal
    reserve: Decimal
    time_ms: int
    checked_ms: int
    status: Status = Status.NEW
    updated_ms: int = 0
    fills: list[Fill] = field(default_factory=list)

    @property
    def filled(self) -> Decimal:
        return sum((fill.amount for fill in self.fills), Decimal(0))

    @property
    def left(self) -> Decimal:
        return self.amount - self.filled

    @property
    def cost(self) -> Decimal:
        return sum((fill.amount * fill.price for fill in self.fills), Decimal(0))

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


def request_from(params: Mapping[str, str], traded: Instrument) -> Request:
    """A request out of the parameters of a new order; refusals are those of the exchange."""
    side, kind = _side(params), _kind(params)
    in_force, price, cost = "GTC", None, None
    if kind is Kind.LIMIT:
        in_force = params.get("timeInForce", "")
        if not in_force:
            raise missing("timeInForce")
        if in_force not in TIMES_IN_FORCE:
            raise ApiError(-1115, "Invalid timeInForce.")
    if kind is not Kind.MARKET:
        price = decimal_of(params, "price")
        check_price(traded, price)
    if kind is Kind.MARKET and "quoteOrderQty" in params:
        cost = decimal_of(params, "quoteOrderQty")
    amount = None if cost is not None else decimal_of(params, "quantity")
    if amount is not None:
        check_lot(traded, amount)
    return Request(traded.symbol, side, kind, amount, cost, price, in_force, params.get("newClientOrderId") or None)


def _side(params: Mapping[str, str]) -> Side:
    if not params.get("side"):
        raise missing("side")
    if params["side"] not in list(Side):
        raise ApiError(-1117, "Invalid side.")
    return Side(params["side"])


def _kind(params: Mapping[str, str]) -> Kind:
    if not params.get("type"):
        raise missing("type")
    if params["type"] not in list(Kind):
        raise ApiError(-1116, "Invalid orderType.")
    return Kind(params["type"])
