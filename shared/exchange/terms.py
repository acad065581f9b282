"""How each exchange takes an order up: our id's field, how long a request is valid, where orders and trades are found.

From the exchanges' documentation and ccxt's sources; only Binance's was ever carried out, at the simulator.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from shared.errors import RepairError
from shared.exchange.order_ids import as_it_is, as_text, as_uuid


@dataclass(frozen=True)
class Terms:
    """`id_field` is the parameter that carries our id when an order is made, `form` what makes its value.

    `find_field` is the parameter by which fetch_order finds an order by our id; without one it is looked for in what
    the methods of `lists` give, narrowed by `list_field` where that is possible.

    A request is valid for a `window` after its own time, up to a moment given in a `parameter` or a `header`
    (`deadline_name`), or for as long as the exchange pleases: `fixed` (`fixed_seconds`).

    `trades_of` narrows fetch_my_trades to one order; it gives at most `trades_page` trades of `trades_days` at once.
    `spends` says that a market buy names what it may cost, not what it gets; `extra` goes with every new order.
    """

    id_field: str
    form: Callable[[str], str] = as_it_is
    find_field: str | None = None
    lists: tuple[str, ...] = ("fetch_open_orders", "fetch_closed_orders")
    list_field: str | None = None
    validity: Literal["window", "parameter", "header", "fixed"] = "window"
    deadline_name: str = ""
    fixed_seconds: float = 0.0
    trades_of: str | None = None
    trades_page: int = 100
    trades_days: float = 7.0
    spends: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    extra_find: Mapping[str, Any] = field(default_factory=dict)

    def seconds(self, wanted: float) -> float:
        """How long a request is valid, if `wanted` is what we should like."""
        return max(wanted, self.fixed_seconds)

    def parameters(self, client_order_id: str, until_ms: int) -> dict[str, Any]:
        """What goes with a new order that the exchange may take up until a moment of its clock."""
        named: dict[str, Any] = {**self.extra, self.id_field: self.form(client_order_id)}
        if self.validity == "parameter":
            moment = datetime.fromtimestamp(until_ms / 1000, UTC)
            named[self.deadline_name] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return named

    def headers(self, until_ms: int) -> dict[str, str]:
        """What the request's headers say of that."""
        return {self.deadline_name: str(until_ms)} if self.validity == "header" else {}


_TERMS = {
    "binance": Terms(
        "newClientOrderId", find_field="origClientOrderId", trades_of="orderId", trades_page=1000, trades_days=1
    ),
    "kraken": Terms(
        "cl_ord_id",
        as_uuid,
        list_field="clientOrderId",
        validity="parameter",
        deadline_name="deadline",
        trades_page=50,
        trades_days=30,
    ),
    "coinbase": Terms(
        "client_order_id",
        as_uuid,
        lists=("fetch_orders",),
        validity="fixed",
        fixed_seconds=120,
        trades_page=1000,
        trades_days=30,
        spends=True,
    ),
    "okx": Terms(
        "clOrdId",
        find_field="clOrdId",
        validity="header",
        deadline_name="expTime",
        trades_of="ordId",
        trades_days=80,
        extra={"tgtCcy": "base_ccy"},
    ),
    "bybit": Terms("orderLinkId", list_field="orderLinkId", trades_of="orderId", extra_find={"acknowledged": True}),
    "gate": Terms(
        "text",
        as_text,
        find_field="text",
        validity="header",
        deadline_name="x-gate-exptime",
        trades_of="order_id",
        trades_page=1000,
        trades_days=29,
        spends=True,
    ),
    "kucoin": Terms(
        "clientOid", find_field="clientOid", validity="fixed", fixed_seconds=5, trades_of="orderId", trades_days=6.9
    ),
}
_TERMS["binanceus"] = _TERMS["binance"]


def terms_of(exchange_id: str) -> Terms:
    """RepairError for an exchange whose ways with orders nobody has looked up."""
    if exchange_id not in _TERMS:
        raise RepairError(
            f'{exchange_id}: live trading is for {", ".join(sorted(_TERMS))} so far; set broker = "paper"'
        )
    return _TERMS[exchange_id]
