"""Orders at an exchange: sent once, found again by our id or the exchange's, taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ccxt.async_support as ccxt

from shared.errors import ChandlerError, RepairError
from shared.exchange.account import decimal_of, fills_in
from shared.exchange.client import Client
from shared.exchange.errors import RubbishError
from shared.exchange.guard import Passage, leaving
from shared.exchange.terms import Terms
from shared.trading import Fill, Kind, Order, Status

#: Answers that say: looked at, and not taken up. Whatever else comes leaves a doubt.
_REFUSALS = (
    ccxt.InsufficientFunds,
    ccxt.InvalidOrder,
    ccxt.BadRequest,
    ccxt.OperationRejected,
    ccxt.AuthenticationError,
    ccxt.NotSupported,
    ccxt.ArgumentsRequired,
    ccxt.InvalidNonce,
)
#: Some of them do not say it of this request: an order under our id may be there.
_DOUBTS = (ccxt.DuplicateOrderId, ccxt.OrderNotFound)
_ABSENT = (ccxt.OrderNotFound,)
_STATUSES = {
    "open": Status.OPEN,
    "closed": Status.FILLED,
    "canceled": Status.CANCELLED,
    "canceling": Status.OPEN,
    "expired": Status.CANCELLED,
    "rejected": Status.REJECTED,
}


class RefusedError(RepairError):
    """The exchange looked at an order and did not take it up."""


@dataclass(frozen=True)
class SeenOrder:
    """An order as the exchange tells of it. `status` is None where an answer says only that it was taken up.

    `fills` are those that came along, which need not be all of the `filled` amount; `updated_ms` is the exchange's
    time of its last change.
    """

    id: str
    client_id: str
    status: Status | None
    filled: Decimal
    updated_ms: int
    fills: tuple[Fill, ...] = ()


async def submit_order(
    client: Client, terms: Terms, order: Order, until_ms: int, passage: Passage, price: Decimal | None
) -> SeenOrder:
    """Send an order that the exchange may take up until `until_ms`, through `passage`.

    `price` is a limit order's, or what a market buy should cost a unit where the exchange wants to know the sum.
    RefusedError if the exchange refused it; NotSentError if it was held back; anything else: it may be live, unless
    `passage` says that it has not left.
    """
    amount = client.ccxt.amount_to_precision(order.symbol, format(order.amount, "f"))
    if Decimal(amount) != order.amount:
        raise RefusedError(f"{client.name} trades {order.symbol} in coarser steps: {amount}, not {order.amount}")
    parameters = terms.parameters(order.client_order_id, until_ms)
    client.ccxt.headers = {**client.ccxt.headers, **terms.headers(until_ms)}
    shown = None if price is None else format(price, "f")
    what = f"order {order.client_order_id}"
    try:
        with leaving(passage):
            raw = await client.ask(
                what, "create_order", order.symbol, order.kind.value, order.side.value, amount, shown, parameters
            )
    except ChandlerError as error:
        refusal = _refusal(error)
        if refusal is not None:
            raise RefusedError(refusal) from error
        raise
    finally:
        for name in terms.headers(until_ms):
            client.ccxt.headers.pop(name, None)
    return read_order(client, raw)


async def find_order(client: Client, terms: Terms, order: Order, since_ms: int) -> SeenOrder | None:
    """The order with our id, wherever it stands; None if the exchange says that there is none."""
    ours, what = terms.form(order.client_order_id), f"order {order.client_order_id}"
    if terms.find_field:
        named = {terms.find_field: ours}
        return await _fetched(client, what, None, order.symbol, named)
    narrowed = {terms.list_field: ours} if terms.list_field else {}
    for method in terms.lists:
        listed = await client.ask(what, method, order.symbol, since_ms, None, narrowed)
        for raw in listed:
            if raw.get("clientOrderId") == ours:
                return read_order(client, raw)
    return None


async def fetch_order(client: Client, terms: Terms, order_id: str, symbol: str) -> SeenOrder | None:
    """The order with the exchange's id; None if the exchange says that there is none."""
    return await _fetched(client, f"order {order_id}", order_id, symbol, dict(terms.extra_find))


async def open_orders(client: Client, symbol: str) -> list[SeenOrder]:
    """All open orders of the account in a market, whoever made them."""
    listed = await client.ask(f"open orders of {symbol}", "fetch_open_orders", symbol)
    return [read_order(client, raw) for raw in listed]


async def cancel_order(client: Client, order_id: str, symbol: str) -> None:
    """Ask for an order to be taken back. What became of it must be asked for, whatever this answers."""
    try:
        await client.ask(f"cancelling {order_id}", "cancel_order", order_id, symbol)
    except ChandlerError as error:
        if not isinstance(error.__cause__, ccxt.OrderNotFound | ccxt.InvalidOrder):
            raise


def read_order(client: Client, raw: Mapping[str, Any]) -> SeenOrder:
    """An order as ccxt gives it. RubbishError if it has no id: an answer that is none."""
    if not raw.get("id"):
        raise RubbishError(f"{client.name}: an order without an id came; asking again", str(raw))
    updated = raw.get("lastUpdateTimestamp") or raw.get("lastTradeTimestamp") or raw.get("timestamp")
    filled = decimal_of(raw.get("filled")) or Decimal(0)
    status = _STATUSES.get(raw.get("status") or "")
    if status is Status.OPEN and filled:
        status = Status.PARTIALLY_FILLED
    if status is Status.REJECTED and filled:
        status = Status.CANCELLED
    return SeenOrder(
        id=str(raw["id"]),
        client_id=str(raw.get("clientOrderId") or ""),
        status=status,
        filled=filled,
        updated_ms=int(updated or client.now()),
        fills=fills_in(client, raw.get("trades") or (), raw),
    )


def resting_price(client: Client, order: Order) -> Decimal | None:
    """A limit order's price in whole ticks, never worse than it was meant; None for an order at the market."""
    if order.kind is not Kind.LIMIT or order.limit_price is None:
        return None
    shown = Decimal(client.ccxt.price_to_precision(order.symbol, format(order.limit_price, "f")))
    if (shown - order.limit_price) * order.side.sign <= 0:
        return shown
    tick = decimal_of(client.ccxt.market(order.symbol)["precision"]["price"]) or Decimal(0)
    return shown - order.side.sign * tick


async def _fetched(
    client: Client, what: str, order_id: str | None, symbol: str, named: Mapping[str, Any]
) -> SeenOrder | None:
    try:
        return read_order(client, await client.ask(what, "fetch_order", order_id, symbol, dict(named)))
    except ChandlerError as error:
        if isinstance(error.__cause__, _ABSENT):
            return None
        raise


def _refusal(error: ChandlerError) -> str | None:
    """The exchange's words if it refused for certain."""
    cause = error.__cause__
    if not isinstance(cause, _REFUSALS) or isinstance(cause, _DOUBTS) or "uplicate" in str(cause):
        return None
    return " ".join(str(cause).split())
