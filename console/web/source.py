"""What the page shows, read from the database at most once a second however many browsers ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from console import words
from console.troubles import Trouble, brief, exchange_troubles, held_back
from console.web.portfolio import PortfolioSource
from console.web.sparkline import points
from shared import candles
from shared.clock import boot_id, boot_us, now_ms
from shared.database import Database
from shared.flag import raised
from shared.market import Series
from shared.overview import Overview, overview
from shared.trading import State

_KEEP_MS = 1_000
_CANDLES_DRAWN = 90
_FAR_AHEAD = 2**63 - 1


@dataclass(frozen=True)
class Picture:
    """The overview, what holds the desk, strategies and exchanges back, and each series' latest closes.

    Those are the points of an SVG polyline.
    """

    overview: Overview
    lines: Mapping[Series, str]
    troubles: Sequence[Trouble] = ()


class Source:
    """Hands out the newest picture; safe to call from any thread.

    `clock_limits`: of each configured exchange, how far its clock may be from this host's, ms. `flag` stops the desk,
    `archive` is paths.archive.
    """

    def __init__(
        self, database: Database, clock_limits: Mapping[str, int], flag: Path | None = None, archive: Path | None = None
    ) -> None:
        self._database = database
        self._clock_limits = clock_limits
        self._flag = flag
        self.portfolio = PortfolioSource(database, archive)
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
            found = overview(connection, now_ms(), boot_us(), boot_id()).under(raised(self._flag))
            closes = {
                view.series: candles.frame(connection, view.series, _FAR_AHEAD, _CANDLES_DRAWN).close
                for view in found.series
            }
        lines = {series: points(column) for series, column in closes.items()}
        return Picture(found, lines, _notices(found, self._clock_limits))


def _notices(found: Overview, clock_limits: Mapping[str, int]) -> list[Trouble]:
    states = [
        Trouble(words.scope(row.scope), row.by, brief(row.reason), is_bad=row.state is State.HALTED)
        for row in held_back(found)
    ]
    return states + exchange_troubles(found, clock_limits)
