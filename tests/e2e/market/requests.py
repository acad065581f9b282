"""What was asked of an exchange, beside the least that could have been asked. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shared.market import Interval, Series, merge
from tests.e2e.market.exchanges import Dialect, first_wanted

Entry = Mapping[str, Any]

#: What a request on the wire takes at most on loopback: it may have left before the ban was known here.
ON_THE_WIRE_MS = 400
#: What of the faults leaves an answer as good as any.
HELPFUL = (None, "latency", "unordered")
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


def answered(log: Sequence[Entry]) -> list[Entry]:
    """The requests that got what they asked for."""
    return [entry for entry in log if entry["fault"] in HELPFUL and 200 <= entry["status"] < 300]


def needed(dialect: Dialect, lives: Sequence[Life], log: Sequence[Entry], down: Sequence[Interval]) -> int:
    """The least number of requests for candles that can have sufficed.

    History by full pages, up to the start. After that one request for each close of a candle that no stream can have
    shown whole, because it was not there for all of its life; closes within five seconds share one, which is how old
    a candle may become.
    """
    begin = lives[0].start
    unseen = blind(lives, log, down) if dialect.streams else [Interval(*life) for life in lives]
    total = 0
    for series in dialect.series:
        total += -(-(begin - first_wanted(dialect, series, begin)) // (series.step * dialect.page))
        total += len({close // max(series.step, OLDEST_MS) for close in closes(series, unseen, lives[-1].end)})
    return total


def blind(lives: Sequence[Life], log: Sequence[Entry], down: Sequence[Interval]) -> list[Interval]:
    """When no stream of candles was open: from a start, or a cut, to the connection after it that stayed."""
    lasting = [e for e in log if e["status"] == 101 and not any(d.start <= e["at_ms"] < d.end for d in down)]
    path = max(by_path(lasting).items(), key=lambda item: item[1], default=("", 0))[0]
    opened = [entry["at_ms"] for entry in lasting if entry["path"] == path]
    ends = [life.end for life in lives]
    begun = sorted([lives[0].start, *ends[:-1], *(cut.start for cut in down)])
    return merge(Interval(at, next((o for o in opened if o > at), ends[-1])) for at in begun)


def closes(series: Series, unseen: Sequence[Interval], until: int) -> set[int]:
    """When the candles close, up to `until`, that live wholly or in part in those times."""
    step = series.step
    ends = {end for part in unseen for end in range(series.floor(part.start) + step, part.end + step, step)}
    return {end for end in ends if end <= until}


def by_path(entries: Sequence[Entry]) -> Counter[str]:
    """How often each path was asked for."""
    return Counter(entry["path"] for entry in entries)
