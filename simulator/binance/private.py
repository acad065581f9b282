"""The signed endpoints: account, orders and trades."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from aiohttp import web

from simulator.account.orders import Fill, Order, request_from
from simulator.account.signatures import verified
from simulator.api.replies import Handler, reply
from simulator.binance import payloads
from simulator.errors import ApiError, missing
from simulator.exchange import Exchange

DEFAULT_LIMIT: Final = 500
LONGEST_PAGE: Final = 1_000
DAY_MS: Final = 86_400_000

Answer = Callable[[dict[str, str], int], Any]
_Item = TypeVar("_Item")


class Private:
    """Handlers over one exchange. Each answer is made of the verified parameters and the exchange's now."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange, self._account = exchange, exchange.account

    def routes(self) -> dict[tuple[str, str], Handler]:
        answers: dict[tuple[str, str], Answer] = {
            ("GET", "/api/v3/account"): self.account,
            ("POST", "/api/v3/order"): self.place,
            ("GET", "/api/v3/order"): self.order,
            ("DELETE", "/api/v3/order"): self.cancel,
            ("GET", "/api/v3/openOrders"): self.open_orders,
            ("DELETE", "/api/v3/openOrders"): self.cancel_all,
            ("GET", "/api/v3/allOrders"): self.all_orders,
            ("GET", "/api/v3/myTrades"): self.trades,
            ("GET", "/sapi/v1/account/apiRestrictions"): self.permissions,
        }
        return {where: self._signed(answer) for where, answer in answers.items()}

    def _signed(self, answer: Answer) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            known = (self._exchange.credentials.key, self._exchange.credentials.secret)
            now_ms, body = self._exchange.now_ms(), await request.text()
            key = request.headers.get("X-MBX-APIKEY")
            params = verified(request.rel_url.raw_query_string, body, key, known, now_ms)
            self._account.settle(now_ms)
            return reply(answer(params, now_ms))

        return handle

    def account(self, params: dict[str, str], now_ms: int) -> Any:
        return payloads.account(self._account, now_ms, omit_zero=params.get("omitZeroBalances") == "true")

    def permissions(self, _: dict[str, str], now_ms: int) -> Any:
        return payloads.key_permissions(now_ms, may_withdraw=self._exchange.suffers("may_withdraw") is not None)

    def place(self, params: dict[str, str], now_ms: int) -> Any:
        market = self._exchange.market(params.get("symbol"))
        thin = self._exchange.suffers("partial") is not None
        order = self._account.place(market, request_from(params, market.traded), now_ms, by_half=thin)
        return payloads.placed(order, params.get("newOrderRespType"), self._listed(order.fills, now_ms))

    def order(self, params: dict[str, str], _: int) -> Any:
        return payloads.order(self._found(params, ApiError(-2013, "Order does not exist.")))

    def cancel(self, params: dict[str, str], now_ms: int) -> Any:
        order = self._found(params, ApiError(-2011, "Unknown order sent."))
        return payloads.canceled(self._account.cancel(order, now_ms), now_ms)

    def open_orders(self, params: dict[str, str], _: int) -> Any:
        symbol = self._exchange.market(params["symbol"]).traded.symbol if params.get("symbol") else None
        return [payloads.order(order) for order in self._account.open_orders(symbol)]

    def cancel_all(self, params: dict[str, str], now_ms: int) -> Any:
        orders = self._account.open_orders(self._exchange.market(params.get("symbol")).traded.symbol)
        if not orders:
            raise ApiError(-2011, "Unknown order sent.")
        return [payloads.canceled(self._account.cancel(order, now_ms), now_ms) for order in orders]

    def all_orders(self, params: dict[str, str], _: int) -> Any:
        symbol = self._exchange.market(params.get("symbol")).traded.symbol
        orders = [order for order in self._account.orders.values() if order.request.symbol == symbol]
        asked = _Asked(params)
        if (first := asked.number("orderId")) is not None:
            return [payloads.order(order) for order in orders if order.id >= first][: asked.limit]
        return [payloads.order(order) for order in asked.in_time(orders, lambda order: order.time_ms)]

    def trades(self, params: dict[str, str], now_ms: int) -> Any:
        symbol = self._exchange.market(params.get("symbol")).traded.symbol
        asked = _Asked(params)
        of_order, first = asked.number("orderId"), asked.number("fromId")
        mine = [fill for fill in self._account.fills if fill.symbol == symbol and of_order in (None, fill.order_id)]
        fills = self._listed(mine, now_ms)
        if first is not None:
            return [payloads.trade(fill) for fill in fills if fill.id >= first][: asked.limit]
        return [payloads.trade(fill) for fill in asked.in_time(fills, lambda fill: fill.time_ms)]

    def _listed(self, fills: list[Fill], now_ms: int) -> list[Fill]:
        """The fills as they are shown under the faults that stand."""
        late = self._exchange.suffers("late_fills")
        shown = [fill for fill in fills if late is None or fill.time_ms + late.ms <= now_ms]
        shown += shown if self._exchange.suffers("twice") else []
        return shown[::-1] if self._exchange.suffers("shuffled") else shown

    def _found(self, params: dict[str, str], absent: ApiError) -> Order:
        symbol = self._exchange.market(params.get("symbol")).traded.symbol
        order_id, client_id = params.get("orderId"), params.get("origClientOrderId")
        if not (order_id or client_id):
            raise missing("origClientOrderId or orderId")
        order = self._account.find(symbol, order_id, client_id)
        if order is None:
            raise absent
        return order


class _Asked:
    """The paging parameters that orders and trades share."""

    def __init__(self, params: dict[str, str]) -> None:
        self._params = params
        self.limit = min(self.number("limit") or DEFAULT_LIMIT, LONGEST_PAGE)

    def number(self, name: str) -> int | None:
        text = self._params.get(name)
        if text is None:
            return None
        if not text.isdigit():
            raise ApiError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'.")
        return int(text)

    def in_time(self, items: list[_Item], time_of: Callable[[_Item], int]) -> list[_Item]:
        """The oldest from `startTime` on, else the newest; both bounds together span a day at most."""
        start_ms, end_ms = self.number("startTime"), self.number("endTime")
        if start_ms is not None and end_ms is not None and end_ms - start_ms > DAY_MS:
            raise ApiError(-1127, "More than 24 hours between startTime and endTime.")
        kept = [
            item
            for item in items
            if (start_ms is None or time_of(item) >= start_ms) and (end_ms is None or time_of(item) <= end_ms)
        ]
        return kept[: self.limit] if start_ms is not None else kept[-self.limit :]
