"""What was asked of an exchange, beside the least that could have been asked. Pure."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from shared.market import Interval, Series, merge
from tests.e2e.market.exchanges import BASES, Dialect, first_wanted

Entry = Mapping[str, Any]

#: What a request on the wire takes at most on loopback: it may have left before the ban was known here.
ON_THE_WIRE_MS = 400
#: What of the faults leaves an answer as good as any.
HELPFUL = (None, "latency", "unordered")
OLDEST_MS = 5_000
#: What a second's trades make of a candle is sent at the end of that second. The news of the one after a close come in
#: time, those of the next one don't: by stream a candle has to be there two seconds after its close.
IN_TIME_MS = 1_000

#: When something was traded: open times (ms) of seconds, by symbol.
Traded = Mapping[str, Collection[int]]


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


def needed(
    dialect: Dialect, lives: Sequence[Life], log: Sequence[Entry], down: Sequence[Interval], traded: Traded
) -> int:
    """The least number of requests for candles that can have sufficed.

    History by full pages, up to the start. After that one request for each close of a candle that no stream can have
    shown whole, because it was not there for all of its life; those that close within five seconds share one, which is
    how old a candle may become. And one for each close that was asked about and that no stream had told of (see
    `untold`). Where a fault leaves a candle without an answer for longer, fewer can suffice: with a kill every few
    seconds less is spent than this.
    """
    begin = lives[0].start
    unseen = blind(lives, log, down) if dialect.streams else [Interval(*life) for life in lives]
    total = len(untold(dialect, answered(log), traded, unseen)) if dialect.sends_trades_only else 0
    for series in dialect.series:
        total += -(-(begin - first_wanted(dialect, series, begin)) // (series.step * dialect.page))
        total += sharing(closes(series, unseen, lives[-1].end))
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


def sharing(ends: Collection[int]) -> int:
    """How many requests tell of these closes, if none waits longer than it may: each of the first that is left, and of
    all that follow until that one is too old."""
    count, covered = 0, 0
    for end in sorted(ends):
        if end >= covered:
            count, covered = count + 1, end + OLDEST_MS
    return count


def untold(
    dialect: Dialect, log: Sequence[Entry], traded: Traded, unseen: Sequence[Interval]
) -> set[tuple[Series, int]]:
    """The closes that were asked about, and of which a stream that sends trades only could not tell in time.

    Kraken never says that a candle has closed. Its last values are known when the first trade of the next one is sent,
    or when REST tells them: until then another trade of the closed one may be on its way, late as candles are here now
    and then. When that first trade will come nobody knows. Where none was made in the second after the close, waiting
    for it breaks the promise of two seconds; what was asked in such a case, and before the trade had been sent, could
    not have been spared. A close counts once, however often it was asked about, and not if it was lived through in
    part without a stream, or before the first start: those are counted for that. A close that nobody asked about,
    because the rate limit kept the request back until the trade came, counts nothing.
    """
    found = set[tuple[Series, int]]()
    for entry in log:
        if not entry["path"].endswith(dialect.candles):
            continue
        query = {name: values[0] for name, values in parse_qs(entry["query"]).items()}
        symbol = next(f"{base}/{dialect.quote}" for base in BASES if base.replace("BTC", "XBT") in query["pair"])
        series = next(s for s in dialect.series if (s.symbol, s.step) == (symbol, int(query["interval"]) * 60_000))
        close = int(query["until"]) + 1
        told_by = max(close + IN_TIME_MS, entry["at_ms"] // 1_000 * 1_000)
        if not any(second in traded[symbol] for second in range(close, told_by, 1_000)):
            found.add((series, close))
    begin = unseen[0].start
    return {(s, close) for s, close in found if close > begin and close not in closes(s, unseen, close)}


def by_path(entries: Sequence[Entry]) -> Counter[str]:
    """How often each path was asked for."""
    return Counter(entry["path"] for entry in entries)
