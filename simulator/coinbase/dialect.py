"""How Coinbase refuses, counts and shows a page of candles, and where everything is.

Its limit is calls per second and address; `weight_limit` is calls per minute, a sixtieth of which may come at once.
"""

from typing import Any, Final

from aiohttp import web

from simulator.api.dialect import Edit, neighbour
from simulator.api.replies import reply
from simulator.api.sockets import Sockets
from simulator.clock import host_ms
from simulator.coinbase.public import Public, product_id
from simulator.errors import ApiError
from simulator.exchange import Exchange
from simulator.faults import Fault
from simulator.limits import Bucket, take

_FIELDS: Final = ("start", "open", "high", "low", "close", "volume")


class Coinbase:
    """Refusals are {"error", "error_details", "message"} with a 4xx."""

    streams: tuple[str, ...] = ()

    def __init__(self, exchange: Exchange) -> None:
        self.exchange, self.sockets = exchange, Sockets(exchange)
        self._buckets: dict[str, Bucket] = {}

    def mount(self, app: web.Application) -> None:
        for path, handler in Public(self.exchange).routes().items():
            app.router.add_get(path, handler, allow_head=False)

    def charge(self, request: web.Request) -> web.Response | None:
        if not self.exchange.weight_limit:
            return None
        address, a_second = request.remote or "", self.exchange.weight_limit / 60
        self._buckets[address], through = take(self._buckets.get(address), a_second, max(1.0, a_second), host_ms())
        return None if through else limited()

    def spend(self, address: str, used: int) -> None:
        held = self._buckets.get(address) or Bucket(max(1.0, self.exchange.weight_limit / 60), host_ms())
        self._buckets[address] = Bucket(held.calls - used, held.at_ms)

    def sign(self, request: web.Request, response: web.StreamResponse) -> None:
        """Coinbase's public answers say nothing of what is used."""

    def refusal(self, error: ApiError) -> web.Response:
        name = {-1121: "NOT_FOUND", -1000: "NOT_FOUND"}.get(error.code, "INVALID_ARGUMENT")
        return refused(name, error.message, 404 if name == "NOT_FOUND" else 400)

    def failure(self, fault: Fault) -> web.Response:
        """Coinbase has no bans of its own: a `ban` is a 403 of the servers in front of it, or the `status` given."""
        if fault.kind == "rate_limit":
            return limited()
        status = fault.status or (403 if fault.kind == "ban" else 503)
        page = f"<html><head><title>{status}</title></head><body>try again later</body></html>"
        response = web.Response(text=page, status=status, content_type="text/html")
        if fault.kind == "ban":
            response.headers["Retry-After"] = str(fault.retry_after_s(host_ms()))
        return response

    def is_page(self, path: str) -> bool:
        return path.endswith("/candles")

    def redirect(self, request: web.Request) -> web.Request:
        request.match_info["product"] = product_id(neighbour(self.exchange, request.match_info["product"]))
        return request

    def edit(self, content: Any, edit: Edit) -> Any:
        rows = edit([[candle[field] for field in _FIELDS] for candle in content["candles"]])
        return {"candles": [dict(zip(_FIELDS, row, strict=True)) for row in rows]}


def refused(error: str, message: str, status: int) -> web.Response:
    return reply({"error": error, "error_details": message, "message": message}, status)


def limited() -> web.Response:
    response = refused("rate_limit_exceeded", "Too many requests", 429)
    response["refused"] = "Too many requests"
    return response
