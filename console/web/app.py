"""The routes."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined

from console import words
from console.encode import as_json
from console.web import sparkline
from console.web.guard import HEADERS, is_our_name
from console.web.portfolio import add_portfolio
from console.web.source import Source
from shared.errors import ChandlerError

_PAGES = ("/", "/portfolio")

Next = Callable[[Request], Awaitable[Response]]


def create_app(source: Source, host: str) -> FastAPI:
    """The application; `host` is where it listens, one of the names it answers to."""
    app = FastAPI(title="Chandler", docs_url=None, redoc_url=None, openapi_url=None)
    templates = _templates()

    @app.get("/", response_class=HTMLResponse)
    def page() -> str:
        """The whole page."""
        return templates.get_template("page.html").render(
            part="live.html", refresh="/live", api="overview", picture=source.picture()
        )

    @app.get("/live", response_class=HTMLResponse)
    def live() -> str:
        """The part of the page that changes."""
        return templates.get_template("live.html").render(picture=source.picture())

    @app.get("/api/overview")
    def overview() -> dict[str, Any]:
        """Everything the page shows, as exact values."""
        return as_json(source.picture().overview)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        """200 while the database can be read."""
        source.picture()
        return {"status": "ok"}

    add_portfolio(app, templates, source.portfolio)

    @app.exception_handler(ChandlerError)
    def refused(request: Request, error: ChandlerError) -> Response:
        if request.url.path in _PAGES:
            return HTMLResponse(templates.get_template("error.html").render(message=str(error)), 503)
        return JSONResponse({"status": "error", "detail": str(error)}, 503)

    @app.middleware("http")
    async def guarded(request: Request, call_next: Next) -> Response:
        if not is_our_name(request.headers.get("host", ""), host):
            return PlainTextResponse("This console answers to its own address only.", 421, HEADERS)
        response = await call_next(request)
        response.headers.update(HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.mount("/static", StaticFiles(packages=[("console.web", "static")]))
    return app


def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("console.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("count", "several", "money", "signed", "quantity", "duration", "clock", "moment", "owner", "percent"):
        environment.filters[name] = getattr(words, name)
    environment.globals["sparkline"] = {"width": sparkline.WIDTH, "height": sparkline.HEIGHT}
    return environment
