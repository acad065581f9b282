"""The web application: every route over one exchange."""

from aiohttp import web

from simulator.api.control import Control
from simulator.api.private import Private
from simulator.api.public import Public
from simulator.api.replies import reply
from simulator.api.stream import Streams
from simulator.exchange import Exchange
from simulator.middleware import guard


def application(exchange: Exchange) -> web.Application:
    """REST below /api/v3, streams below /ws and /stream, and the operator's endpoints below /control."""
    streams = Streams(exchange)
    app = web.Application(middlewares=[guard(exchange)])
    for path, handler in Public(exchange).routes().items():
        app.router.add_get(path, handler, allow_head=False)
    for (method, path), handler in (Private(exchange).routes() | Control(exchange, streams).routes()).items():
        app.router.add_route(method, path, handler)
    for path in ("/sapi/v1/margin/allPairs", "/sapi/v1/margin/isolated/allPairs"):
        app.router.add_get(path, _nothing)
    for path in ("/ws", "/ws/{names:.*}", "/stream", "/stream/{names:.*}"):
        app.router.add_get(path, streams.handle)
    app.on_shutdown.append(lambda _: streams.close_all())
    return app


async def _nothing(_: web.Request) -> web.Response:
    return reply([])
