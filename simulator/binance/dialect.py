"""How Binance refuses, counts and shows a page of candles, and where everything is."""

from typing import Any, Final

from aiohttp import web

from simulator.api.dialect import Edit, neighbour
from simulator.api.replies import reply
from simulator.api.sockets import Sockets
from simulator.binance.events import Events
from simulator.binance.files import Files
from simulator.binance.private import Private
from simulator.binance.public import Public
from simulator.binance.stream import Listener
from simulator.clock import host_ms
from simulator.errors import ApiError
from simulator.exchange import Exchange
from simulator.faults import Fault
from simulator.limits import Usage, charge, used_more, weight

BROKEN: Final = "<html><head><title>%d</title></head><body>the front end has no back end</body></html>"


class Binance:
    """Limits are on the weight per address and minute; refusals are {"code", "msg"} with a 4xx."""

    streams: tuple[str, ...] = ("/ws", "/stream")

    def __init__(self, exchange: Exchange) -> None:
        self.exchange, self.sockets = exchange, Sockets(exchange)
        self._events = Events(exchange)
        self._usage: dict[str, Usage] = {}

    def mount(self, app: web.Application) -> None:
        for path, handler in Public(self.exchange).routes().items():
            app.router.add_get(path, handler, allow_head=False)
        for (method, path), handler in Private(self.exchange).routes().items():
            app.router.add_route(method, path, handler)
        for path in ("/sapi/v1/margin/allPairs", "/sapi/v1/margin/isolated/allPairs"):
            app.router.add_get(path, _nothing)
        for path in ("/ws", "/ws/{names:.*}", "/stream", "/stream/{names:.*}"):
            app.router.add_get(path, self._stream)
        app.router.add_get("/data/spot/{path:.*}", Files(self.exchange).handle, allow_head=True)

    def charge(self, request: web.Request) -> web.Response | None:
        if request.path.startswith("/data/"):
            return None
        address = request.remote or ""
        cost = weight(request.method, request.path, with_symbol="symbol" in request.query)
        used = self._usage.get(address, Usage())
        self._usage[address], over = charge(used, cost, self.exchange.weight_limit, host_ms())
        return _over_limit(over.status, over.until_ms) if over else None

    def spend(self, address: str, used: int) -> None:
        self._usage[address] = used_more(self._usage.get(address, Usage()), used, host_ms())

    def sign(self, request: web.Request, response: web.StreamResponse) -> None:
        if usage := self._usage.get(request.remote or ""):
            response.headers["X-MBX-USED-WEIGHT"] = response.headers["X-MBX-USED-WEIGHT-1M"] = str(usage.used)

    def refusal(self, error: ApiError) -> web.Response:
        return reply({"code": error.code, "msg": error.message}, error.status)

    def failure(self, fault: Fault) -> web.Response:
        if fault.kind == "server_error":
            status = fault.status or 503
            return web.Response(text=BROKEN % status, status=status, content_type="text/html")
        until_ms = host_ms() + 1000 * fault.retry_after_s(host_ms())
        return _over_limit(418 if fault.kind == "ban" else 429, until_ms)

    def is_page(self, path: str) -> bool:
        return path == "/api/v3/klines"

    def redirect(self, request: web.Request) -> web.Request:
        other = neighbour(self.exchange, request.query.get("symbol"))
        return request.clone(rel_url=request.rel_url.update_query(symbol=other.symbol))

    def edit(self, content: Any, edit: Edit) -> Any:
        return edit(content)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        return await self.sockets.serve(request, Listener(self._events, request))


def _over_limit(status: int, until_ms: int) -> web.Response:
    reason = f"IP banned until {until_ms}" if status == 418 else "slow down"
    message = f"Too much request weight used; {reason}."
    response = reply({"code": -1003, "msg": message}, status)
    response.headers["Retry-After"] = str(max(1, -(-(until_ms - host_ms()) // 1000)))
    response["refused"] = message
    return response


async def _nothing(_: web.Request) -> web.Response:
    return reply([])
