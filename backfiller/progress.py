"""How far history has come: the figures, and how they are shown."""

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from rich.console import Console
from rich.live import Live
from rich.text import Text

from shared.market import Interval, Series

#: Without history left, a log gets a record this often.
_QUIET_SECONDS = 60.0

_log = structlog.get_logger()


@dataclass
class Progress:
    """Of each series: the candles that history still lacks, and up to where the market is known (ms)."""

    started: float = field(default_factory=time.monotonic)
    remaining: dict[Series, int] = field(default_factory=dict)
    known_until: dict[Series, int] = field(default_factory=dict)
    fetched: int = 0
    stored: int = 0
    moved: float = field(default_factory=time.monotonic)

    def expect(self, series: Series, known: Iterable[Interval], gaps: Iterable[Interval]) -> None:
        """Of a series this much is known, and history lacks these."""
        self.remaining[series] = sum(gap.end - gap.start for gap in gaps) // series.step
        for interval in known:
            self.known_until[series] = max(self.known_until.get(series, 0), interval.end)

    def note(self, series: Series, coverage: Interval, inserted: int, *, history: bool) -> None:
        """A page was committed, of history or of the live edge."""
        self.known_until[series] = max(self.known_until.get(series, 0), coverage.end)
        self.stored += inserted
        if not history:
            return
        candles = (coverage.end - coverage.start) // series.step
        self.remaining[series] = max(0, self.remaining.get(series, 0) - candles)
        self.fetched += candles
        self.moved = time.monotonic()

    def text(self, now: float) -> str:
        """One line: what is left, the rate, and how long it will take. `now` is the monotonic clock's."""
        left, rate = sum(self.remaining.values()), self.fetched / max(now - self.started, 1e-3)
        if not self.remaining:
            return "waiting for the exchanges"
        if not left:
            return f"history complete, {self.stored:,} candles stored"
        wait = timedelta(seconds=round(left / rate)) if rate else "unknown"
        return f"history: {left:,} candles left, {rate:,.0f}/s, {wait} to go, {self.stored:,} stored"


class Display:
    """Shows progress: a line that is redrawn on a terminal, a log record now and then elsewhere."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._live = Live(console=Console(stderr=True), auto_refresh=False) if sys.stderr.isatty() else None
        self._logged = -_QUIET_SECONDS
        if self._live:
            self._live.start()

    @property
    def seconds(self) -> float:
        """How often to show."""
        return 0.5 if self._live else 5.0

    def show(self) -> None:
        """Draw the present state, or log it: often while history is fetched, now and then after that."""
        now, left = time.monotonic(), sum(self._progress.remaining.values())
        text = self._progress.text(now)
        if self._live:
            self._live.update(Text(text), refresh=True)
        elif left or now - self._logged >= _QUIET_SECONDS:
            self._logged = now
            _log.info("progress", remaining=left, stored=self._progress.stored, detail=text)

    def close(self) -> None:
        """Leave the last state on the terminal."""
        if self._live:
            self.show()
            self._live.stop()
