"""How Kraken refuses, counts and shows a page of candles, and where everything is.

Its limit is a counter per address and pair (calls without a pair share one): three calls may come at once, then a
call a second. `weight_limit` is calls per minute; a higher one raises the burst with the rate.
"""

from typing import Any, Final

from aiohttp import web

from simulator.api.dialect import Edit, neighbour
from simulator.api.replies import reply
from simulator.api.sockets import Sockets
from simulator.clock import host_ms
from simulator.errors import ApiError
from simulator.exchange import Exchange
from simulator.faults import Fault
from simulator.kraken.names import pair_id
from simulator.kraken.public import Public
from simulator.kraken.stream import Listener
from simulator.limits import Bucket, take

BURST: Final = 3.0  # calls at once
LIMITED: Final = "EAPI:Rate limit exceeded"
LOCKED_OUT: Final = "EGeneral:Temporary lockout"
UNAVAILABLE: Final = "EService:Unavailable"
BROKEN: Final = "<html><head><title>%d</title></head><body>the front end has no back end</body></html>"

# Our refusals by code -> Kraken's words; all others are invalid arguments.
_WORDS: Final = {-1121: "EQuery:Unknown asset pair", -1000: "EGeneral:Unknown method"}


class Kraken:
    """Refusals are {"error": ["..."]} with status 200."""

    streams: tuple[str, ...] = ("/v2",)

    def __init__(self, exchange: Exchange) -> None:
        self.exchange, self.sockets = exchange, Sockets(exchange)
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def mount(self, app: web.Application) -> None:
        for path, handler in Public(self.exchange).routes().items():
            app.router.add_get(path, handler, allow_head=False)
        app.router.add_get("/v2", self._stream)

    def charge(self, request: web.Request) -> web.Response | None:
        if not self.exchange.weight_limit or request.path.startswith(self.streams):
            return None
        counted = request.remote or "", request.query.get("pair", "")
        a_second = self.exchange.weight_limit / 60
        size = max(BURST, BURST * a_second)
        self._buckets[counted], through = take(self._buckets.get(counted), a_second, size, host_ms())
        return None if through else refused(LIMITED)

    def spend(self, address: str, used: int) -> None:
        for counted, bucket in self._buckets.items():
            if counted[0] == address:
                self._buckets[counted] = Bucket(bucket.calls - used, bucket.at_ms)

    def sign(self, request: web.Request, response: web.StreamResponse) -> None:
        """Kraken says nothing of what is used."""

    def refusal(self, error: ApiError) -> web.Response:
        return refused(_WORDS.get(error.code, "EGeneral:Invalid arguments"))

    def failure(self, fault: Fault) -> web.Response:
        """Without a `status` the error is inside of a 200, as Kraken has it."""
        words = {"rate_limit": LIMITED, "ban": LOCKED_OUT, "server_error": UNAVAILABLE}[fault.kind]
        if fault.status in (0, 200):
            return refused(words)
        return web.Response(text=BROKEN % fault.status, status=fault.status, content_type="text/html")

    def is_page(self, path: str) -> bool:
        return path == "/0/public/OHLC"

    def redirect(self, request: web.Request) -> web.Request:
        other = neighbour(self.exchange, request.query.get("pair"))
        return request.clone(rel_url=request.rel_url.update_query(pair=pair_id(other)))

    def edit(self, content: Any, edit: Edit) -> Any:
        """Kraken's rows have the average price between close and volume; it stays behind the volume meanwhile."""
        result = content["result"]
        for pair in result.keys() - {"last"}:
            rows = edit([[*row[:5], row[6], row[5], *row[7:]] for row in result[pair]])
            result[pair] = [[*row[:5], row[6], row[5], *row[7:]] for row in rows]
        return content

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        return await self.sockets.serve(request, Listener(self.exchange))


def refused(words: str) -> web.Response:
    response = reply({"error": [words]})
    response["refused"] = words
    return response
