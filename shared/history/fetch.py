"""Having fetched what history lacks: by the command that an operator would type, in a process of its own.

So neither ccxt nor a writer of the database comes into the process of a notebook or a script that reads.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from shared.candles import covered, unreachable
from shared.clock import now_ms
from shared.errors import RepairError, StopError
from shared.history.read import Place, count, extent
from shared.market import Interval, Series, subtract

_COMMAND = (sys.executable, "-m", "console", "history", "update")


def lacking(place: Place, series: Series, part: Interval) -> list[Interval]:
    """What of the part was never asked for, oldest first: neither covered nor known to be out of reach."""
    with place.database.read() as connection:
        return subtract(part, [*covered(connection, series), *unreachable(connection, series)])


def fetch_back(place: Place, series: Series, part: Interval, limit: int | None, fetch: Callable[[int], object]) -> int:
    """Have the part fetched, or as much of its end as the newest `limit` candles take; returns from where on (ms).

    `fetch` gets what lacks from some time on. It is not asked where nothing lacks, and not again once asking further
    back brings nothing: markets have a first candle.
    """
    begin = part.start if limit is None else max(part.start, part.end - limit * series.step)
    while lacking(place, series, Interval(begin, part.end)):
        first = _first(place, series)
        fetch(begin)
        held = count(place, series, Interval(begin, part.end))
        if limit is None or held >= limit or begin <= part.start or _first(place, series) == first:
            break
        begin = max(part.start, begin - (limit - held) * series.step)
    return begin


def fetch_lacking(place: Place, url: str, series: Series, start: int, end: int | None, limit: int | None) -> None:
    """The same by `chandler history update`; without start and limit, what lacks since the first stored candle.

    StopError if there is none. RepairError with the command's last words if it fails.
    """
    begin = start or (_first(place, series) if limit is None else 0)
    if not begin and limit is None:
        raise StopError(f"{series} has no candles yet: say from when on they are wanted, or how many")
    which = ("--exchange", series.exchange, "--symbol", series.symbol, "--timeframe", series.timeframe)
    environ = {**os.environ, "CHANDLER_DATABASE__URL": url}

    def fetch(begin: int) -> None:
        since = datetime.fromtimestamp(begin / 1000, UTC).isoformat()
        command = [*_COMMAND, *which, "--from", since]
        done = subprocess.run(command, env=environ, check=False, capture_output=True, text=True)  # noqa: S603 - our own
        if done.returncode:
            told = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["it said nothing"]
            raise RepairError(f"{series}: not all of it could be fetched: {told[0]}")

    until = series.closed_end(now_ms()) if end is None else series.floor(end)
    fetch_back(place, series, Interval(begin, until), limit, fetch)


def _first(place: Place, series: Series) -> int:
    with place.database.read() as connection:
        return extent(connection, series).start
