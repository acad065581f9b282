"""What was asked of an exchange, beside the least that could have been asked. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shared.market import Interval, Series, subtract
from tests.e2e.market.exchanges import Dialect, first_wanted

Entry = Mapping[str, Any]

#: What a request on the wire takes at most on loopback: it may have left before the ban was known here.
ON_THE_WIRE_MS = 400
HELPFUL = (None, "latency")
OLDEST_MS = 5_000


class Life(NamedTuple):
    """From when to when (ms) a backfiller ran."""

    start: int
    end: int


def during_bans(log: Sequence[Entry], bans: Sequence[Interval]) -> list[Entry]:
    """The requests that were sent although the exchange had said not to come back yet.

    The first refusal of a ban tells until when; whatever arrives later, and still within it, was sent knowing that.
    """
    guilty = list[Entry]()
    for ban in bans:
        inside = [entry for entry in log if ban.start <= entry["at_ms"] < ban.end]
        told = next((entry["at_ms"] for entry in inside if entry["fault"] in ("ban", "rate_limit")), None)
        guilty += [entry for entry in inside if told is not None and entry["at_ms"] > told + ON_THE_WIRE_MS]
    return guilty


def answered(log: Sequence[Entry], disturbed: Sequence[Interval]) -> list[Entry]:
    """The requests that got what they asked for, outside the times in which the exchange was late by a fault."""
    helpful = [e for e in log if e["fault"] in HELPFUL and 200 <= e["status"] < 300]
    return [e for e in helpful if not any(t.start <= e["at_ms"] < t.end for t in disturbed)]


def needed(
    dialect: Dialect, lives: Sequence[Life], log: Sequence[Entry], down: Sequence[Interval], late: Sequence[Interval]
) -> int:
    """The least number of requests for candles that can have sufficed.

    History by full pages. Then where there is no socket: one request for each close, and one for each series after
    each time in which the exchange published late, and at each new start. Where there is one: one for each series and
    connection, for the candles from before it that are its hole; and while it was down one every five seconds, which
    is how old a candle may be at most, or at each close if that is rarer.
    """
    history = sum(_pages(dialect, series, lives[0].start) for series in dialect.series)
    if dialect.streams:
        blind, holes = down, connections(log, down)
        paces = [max(series.step, OLDEST_MS) for series in dialect.series]
    else:
        blind = [part for life in lives for part in subtract(Interval(*life), late)]
        holes = len(lives) - 1 + len(late)
        paces = [series.step for series in dialect.series]
    closes = sum(part.end // pace - part.start // pace for pace in paces for part in blind)
    return history + holes * len(dialect.series) + closes


def connections(log: Sequence[Entry], down: Sequence[Interval]) -> int:
    """How often the stream of candles was opened and stayed; tickers may have a socket of their own."""
    lasting = [e for e in log if e["status"] == 101 and not any(d.start <= e["at_ms"] < d.end for d in down)]
    return max(by_path(lasting).values(), default=0)


def _pages(dialect: Dialect, series: Series, begin: int) -> int:
    return -(-(begin - first_wanted(dialect, series, begin)) // (series.step * dialect.page))


def by_path(entries: Sequence[Entry]) -> Counter[str]:
    """How often each path was asked for."""
    return Counter(entry["path"] for entry in entries)
