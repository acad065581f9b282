"""The web application: every route over one exchange."""

from aiohttp import web

from simulator.api.control import Control
from simulator.api.dialect import Dialect
from simulator.middleware import guard


def application(dialect: Dialect) -> web.Application:
    """The routes and streams of the dialect, and the operator's endpoints below /control."""
    app = web.Application(middlewares=[guard(dialect)])
    dialect.mount(app)
    for (method, path), handler in Control(dialect).routes().items():
        app.router.add_route(method, path, handler)
    app.on_shutdown.append(lambda _: dialect.sockets.close_all())
    return app
