"""What one exchange says differently from another: its routes, its limits, its refusals and its pages of candles."""

from collections.abc import Callable
from typing import Any, Protocol

from aiohttp import web

from simulator.api.sockets import Sockets
from simulator.errors import ApiError
from simulator.exchange import Exchange
from simulator.faults import Fault
from simulator.market.instrument import Instrument

Row = list[Any]  # open time (ms or s, as the exchange has it), open, high, low, close, volume, and whatever follows
Edit = Callable[[list[Row]], list[Row]]


class Dialect(Protocol):
    """One exchange's way of speaking, over the markets, faults and clock of `exchange`."""

    exchange: Exchange
    sockets: Sockets
    streams: tuple[str, ...]
    """What the paths of its WebSockets begin with; none if empty."""

    def mount(self, app: web.Application) -> None:
        """Add its routes."""

    def charge(self, request: web.Request) -> web.Response | None:
        """Count a request; the refusal if it is over the limit."""

    def spend(self, address: str, used: int) -> None:
        """Count what another program on that address has used."""

    def sign(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add the headers that every answer has."""

    def refusal(self, error: ApiError) -> web.Response:
        """A refusal; the code of `error` is Binance's, the words are this exchange's."""

    def failure(self, fault: Fault) -> web.Response:
        """What a `rate_limit`, a `ban` or a `server_error` looks like."""

    def is_page(self, path: str) -> bool:
        """Whether candles are asked for there."""

    def redirect(self, request: web.Request) -> web.Request:
        """The same request for a page of candles, of another market."""

    def edit(self, content: Any, edit: Edit) -> Any:
        """The JSON of a page of candles with its rows edited."""


def neighbour(exchange: Exchange, symbol: str | None) -> Instrument:
    """What another market than that of `symbol` trades; the same if there is no other. -1121 if there is none."""
    markets = exchange.listed()
    return markets[(markets.index(exchange.market(symbol)) + 1) % len(markets)].traded
