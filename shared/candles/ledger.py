"""The coverage ledger: of every series, what is known, what can't be had, and how many rows that is.

Answered from the bookkeeping rows, and two key look-ups a series for its first and last candle: no candle is scanned,
however many there are.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from shared.candles.coverage import covered
from shared.candles.months import pruned
from shared.candles.partition import named, of_series
from shared.candles.status import SeriesStatus, series_statuses
from shared.market import Interval, Series
from shared.models import ohlcv_data, quarantine, series_unreachable

_OUT_OF_REACH = (
    select(series_unreachable.c.start, series_unreachable.c.end, series_unreachable.c.reason)
    .where(of_series(series_unreachable))
    .order_by(series_unreachable.c.start)
)
_ENDS = select(
    *(
        select(ohlcv_data.c.timestamp).where(of_series(ohlcv_data)).order_by(order).limit(1).scalar_subquery()
        for order in (ohlcv_data.c.timestamp.asc(), ohlcv_data.c.timestamp.desc())
    )
)
_REFUSED = (
    select(
        *(quarantine.c[name] for name in ("exchange", "symbol", "timeframe", "reason")),
        func.sum(quarantine.c.times).label("times"),
    )
    .group_by(quarantine.c.exchange, quarantine.c.symbol, quarantine.c.timeframe, quarantine.c.reason)
    .order_by(quarantine.c.reason)
)


class Unreachable(NamedTuple):
    """What the exchange will not hand out, and why."""

    interval: Interval
    reason: str


@dataclass(frozen=True)
class Ledger:
    """One series: its status, the open times of its first and last candle (ms), what is covered and what can't be.

    `pruned` is how many of its candles are in the archive alone.
    """

    status: SeriesStatus
    first: int | None
    last: int | None
    covered: tuple[Interval, ...]
    unreachable: tuple[Unreachable, ...]
    pruned: int = 0

    @property
    def series(self) -> Series:
        """Whose it is."""
        return self.status.series


def ledgers(connection: Connection) -> list[Ledger]:
    """The ledger of every series that the database knows."""
    return [_ledger(connection, status) for status in series_statuses(connection)]


def out_of_reach(connection: Connection, series: Series) -> list[Unreachable]:
    """What of a series can't be had, and why, oldest first."""
    lost = connection.execute(_OUT_OF_REACH, named(series)).all()
    return [Unreachable(Interval(start, end), reason) for start, end, reason in lost]


def refusals(connection: Connection) -> Mapping[Series, Mapping[str, int]]:
    """Of every series with rows in quarantine, how often each reason was met."""
    counts = defaultdict[Series, dict[str, int]](dict)
    for *key, reason, times in connection.execute(_REFUSED):
        counts[Series(*key)][reason] = int(times)
    return counts


def _ledger(connection: Connection, status: SeriesStatus) -> Ledger:
    name = named(status.series)
    first, last = connection.execute(_ENDS, name).one()
    gone = pruned(connection, status.series)
    if gone.candles:
        first = min(gone.interval.start, gone.interval.start if first is None else first)
    unreachable = tuple(out_of_reach(connection, status.series))
    return Ledger(status, first, last, tuple(covered(connection, status.series)), unreachable, gone.candles)
