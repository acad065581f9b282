"""The portfolio's page: read at most every few seconds however many browsers ask, and its routes."""

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from console.portfolio.encode import as_json
from console.portfolio.figures import figures
from console.web import chart
from shared.clock import now_us
from shared.database import Database
from shared.portfolio import Account, PortfolioReader, PortfolioView

Window = Literal["1d", "7d", "30d", "90d", "all"]
_DAYS: dict[Window, float | None] = {"1d": 1, "7d": 7, "30d": 30, "90d": 90, "all": None}
_KEEP_US = 5_000_000
_POINTS = 240


@dataclass(frozen=True)
class PortfolioPicture:
    """What the page shows for one window."""

    window: Window
    windows: tuple[Window, ...]
    view: PortfolioView
    charts: dict[Account, chart.Chart | None]


class PortfolioSource:
    """Hands out the newest picture of each window; safe to call from any thread."""

    def __init__(self, database: Database, archive: Path | None = None) -> None:
        self._reader = PortfolioReader(database, archive)
        self._lock = Lock()
        self._held: dict[Window, PortfolioPicture] = {}

    def picture(self, window: Window) -> PortfolioPicture:
        """A picture no older than five seconds; ChandlerError while the database can't be read."""
        with self._lock:
            now = now_us()
            held = self._held.get(window)
            if held is None or not 0 <= now - held.view.at_us < _KEEP_US:
                held = self._held[window] = self._read(window, now)
            return held

    def _read(self, window: Window, now: int) -> PortfolioPicture:
        view = self._reader.report(now, _DAYS[window])
        drawn = self._reader.chart(view.since_us, now, _POINTS)
        charts = {account: chart.draw(path) for account, path in drawn.items()}
        return PortfolioPicture(window, tuple(_DAYS), view, charts)


def add_portfolio(app: FastAPI, templates: Environment, source: PortfolioSource) -> None:
    """Its page, the part that changes, and its values."""
    templates.globals["chart"] = {"width": chart.WIDTH, "height": chart.HEIGHT, "plot": chart.PLOT}
    templates.globals["figures"] = figures

    @app.get("/portfolio", response_class=HTMLResponse)
    def page(window: Window = "all") -> str:
        """The whole page."""
        return templates.get_template("page.html").render(
            part="portfolio.html",
            refresh=f"/portfolio/live?window={window}",
            api="portfolio",
            portfolio=source.picture(window),
        )

    @app.get("/portfolio/live", response_class=HTMLResponse)
    def live(window: Window = "all") -> str:
        """The part of the page that changes."""
        return templates.get_template("portfolio.html").render(portfolio=source.picture(window))

    @app.get("/api/portfolio")
    def values(window: Window = "all") -> dict[str, Any]:
        """Everything the page shows, as exact values."""
        return as_json(source.picture(window).view)
