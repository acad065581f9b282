"""Whether the backfiller does its job. Pure: judged by what is in the database, not by whether a process runs."""

from collections.abc import Mapping
from typing import NamedTuple

from shared.market import Series

_GRACE_MS = 30_000
_PROGRESS_SECONDS = 60.0


class Known(NamedTuple):
    """Up to where a series is known (None: not at all yet), the exchange's time, and its settle time; all ms."""

    until: int | None
    now: int
    settle_ms: int


def assess(collecting: Mapping[Series, Known], remaining: int, quiet_seconds: float) -> tuple[bool, str]:
    """Healthy, and why or why not.

    A series is up to date while what is known of it reaches to a few candles and the settle time before now; a
    market in which nobody trades is known too. One that is behind is excused while history moves: `remaining` candles
    are wanted and the last page was stored `quiet_seconds` ago.
    """
    behind = [series for series, known in collecting.items() if _late(series, known)]
    if not collecting:
        return False, "no series is being collected yet"
    if not behind:
        return True, f"{len(collecting)} series up to date" + (
            f", {remaining} candles of history left" if remaining else ""
        )
    if remaining and quiet_seconds <= _PROGRESS_SECONDS:
        return True, f"catching up: {remaining} candles left"
    names = ", ".join(str(series) for series in behind[:5])
    return False, f"{len(behind)} of {len(collecting)} series behind: {names}; last page {quiet_seconds:.0f} s ago"


def _late(series: Series, known: Known) -> bool:
    return known.until is None or known.now - known.until > known.settle_ms + 3 * series.step + _GRACE_MS
