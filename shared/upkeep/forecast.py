"""When the disk will be full, by how it has filled up so far. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

#: How far back samples tell something of what comes.
WINDOW_US = 14 * 86_400 * 1_000_000
_DAY_US = 86_400 * 1_000_000
_HOUR_US = _DAY_US // 24
#: Pairs are as many as half the square of the points.
_POINTS = 170
_FAIR, _GOOD = 12, 48

Confidence = Literal["none", "low", "fair", "good"]


@dataclass(frozen=True)
class Sample:
    """What there was at one moment (microseconds UTC), in bytes; `free` and `total` are the database's disk's."""

    taken_at_us: int
    database_bytes: int
    wal_bytes: int
    archive_bytes: int
    backup_bytes: int
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class Forecast:
    """`bytes_a_day` is how fast the disk fills (below 0: it empties); `days_left` is None where it never gets full.

    `confidence`: `none` without a growth to tell of, `low` for less than a day of samples, `fair` for less than a
    week, `good` beyond.
    """

    bytes_a_day: float
    days_left: float | None
    confidence: Confidence

    def is_alarming(self, warning_days: float) -> bool:
        """Whether a person should make room. What was seen for less than a day says nothing: history fills a disk
        quickly at first, and then no more."""
        soon = self.days_left is not None and self.days_left < warning_days
        return soon and self.confidence in ("fair", "good")


def forecast(taken: Sequence[Sample], free_bytes: int) -> Forecast:
    """How long so many bytes last, by samples of the disk, oldest first.

    The growth is the median of the slopes between all pairs of samples (Theil 1950, Sen 1968): backups that come and
    go, a file that lay there for an hour and a clock that stepped don't move it as they would move a line of least
    squares. A disk that was resized is no growth: what is used counts, not what is free.
    """
    points = _thinned([(each.taken_at_us, each.total_bytes - each.free_bytes) for each in taken])
    slopes = [
        (used - before) / (at - then)
        for place, (at, used) in enumerate(points)
        for then, before in points[:place]
        if at > then
    ]
    span = points[-1][0] - points[0][0] if points else 0
    if not slopes or span < _HOUR_US:
        return Forecast(0.0, None, "none")
    a_day = median(slopes) * _DAY_US
    days = free_bytes / a_day if a_day > 0 else None
    return Forecast(a_day, days, _confidence(span, len(taken)))


def _confidence(span_us: int, count: int) -> Confidence:
    if span_us >= 7 * _DAY_US and count >= _GOOD:
        return "good"
    return "fair" if span_us >= _DAY_US and count >= _FAIR else "low"


def _thinned(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Evenly taken, the newest one among them."""
    step = -(-len(points) // _POINTS)
    return points[::-1][:: max(1, step)][::-1]
