"""What the page shows, read from the database at most once a second however many browsers ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from console.web.sparkline import points
from shared import candles
from shared.clock import boot_id, boot_us, now_ms
from shared.database import Database
from shared.market import Series
from shared.overview import Overview, overview

_KEEP_MS = 1_000
_CANDLES_DRAWN = 90
_FAR_AHEAD = 2**63 - 1


@dataclass(frozen=True)
class Picture:
    """The overview, and the latest closes of each series as the points of an SVG polyline."""

    overview: Overview
    lines: Mapping[Series, str]


class Source:
    """Hands out the newest picture; safe to call from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._held: Picture | None = None

    def picture(self) -> Picture:
        """A picture no older than a second; ChandlerError while the database can't be read."""
        with self._lock:
            if self._held is None or not 0 <= now_ms() - self._held.overview.at_ms < _KEEP_MS:
                self._held = self._read()
            return self._held

    def _read(self) -> Picture:
        with self._database.read() as connection:
            found = overview(connection, now_ms(), boot_us(), boot_id())
            closes = {
                view.series: candles.frame(connection, view.series, _FAR_AHEAD, _CANDLES_DRAWN).close
                for view in found.series
            }
        return Picture(found, {series: points(column) for series, column in closes.items()})
