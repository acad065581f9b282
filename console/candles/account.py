"""A series' ledger as an operator wants it told: rows, what is missing, what can't be had, how large. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shared.candles.ledger import Ledger, Unreachable
from shared.candles.status import SeriesStatus, estimated_bytes
from shared.config import SeriesSettings
from shared.market import Interval, Series, subtract
from shared.overview.views import lag, state


@dataclass(frozen=True)
class Choice:
    """Which series a command is about: those that agree in what is given."""

    exchange: str | None = None
    symbol: str | None = None
    timeframe: str | None = None

    def __contains__(self, series: Series) -> bool:
        wanted = (self.exchange, self.symbol, self.timeframe)
        return all(part in {None, own} for part, own in zip(wanted, series.key, strict=True))


@dataclass(frozen=True)
class Account:
    """One series. Times in ms UTC; `gaps` is what is wanted and not fetched, `missing` that in candles.

    `confirmed_empty` counts the candles that the exchange was asked for and has not; `size_bytes` is an estimate.
    """

    series: Series
    state: str
    reason: str
    rows: int
    first: int | None
    last: int | None
    watermark: int | None
    lag_ms: int | None
    gaps: tuple[Interval, ...]
    missing: int
    confirmed_empty: int
    unreachable: tuple[Unreachable, ...]
    unreachable_candles: int
    refused: int
    size_bytes: int


def account(ledger: Ledger, wanted: Interval | None, now: int) -> Account:
    """Of one series, at `now` (ms). Without anything wanted, only what lies between two covered parts is missing."""
    status, series = ledger.status, ledger.series
    lost = [each.interval for each in ledger.unreachable]
    gaps = subtract(wanted, [*ledger.covered, *lost]) if wanted is not None else _between([*ledger.covered, *lost])
    lag_ms = lag(status.watermark, series.step, now)
    return Account(
        series=series,
        state=state(status.status, lag_ms, series.step),
        reason=status.reason,
        rows=status.candles,
        first=ledger.first,
        last=ledger.last,
        watermark=status.watermark,
        lag_ms=lag_ms,
        gaps=tuple(gaps),
        missing=slots(gaps, series.step),
        confirmed_empty=max(0, slots(ledger.covered, series.step) - status.candles),
        unreachable=ledger.unreachable,
        unreachable_candles=slots(lost, series.step),
        refused=status.refused,
        size_bytes=estimated_bytes(series, status.candles - ledger.pruned),
    )


def accounts(ledgers: Iterable[Ledger], wanted: dict[Series, Interval], choice: Choice, now: int) -> list[Account]:
    """Of all series that the choice holds, by name; those that are wanted and not begun yet are among them."""
    found = {ledger.series: ledger for ledger in ledgers}
    begun = found | {series: unbegun(series) for series in wanted if series not in found}
    return [account(begun[series], wanted.get(series), now) for series in sorted(begun) if series in choice]


def wanted_parts(
    sections: Sequence[SeriesSettings], settle_ms: dict[str, int], default_days: float, now: int
) -> dict[Series, Interval]:
    """What the configuration asks for of each series, as far as exchanges add nothing to it any more."""
    parts = {}
    for section in sections:
        series, end = section.series, section.end_ms()
        settled = series.closed_end(now - settle_ms.get(series.exchange, 0))
        until = settled if end is None else min(series.floor(end), settled)
        parts[series] = Interval(section.start_ms(now, default_days), until)
    return parts


def unbegun(series: Series) -> Ledger:
    """The ledger of a series that nothing is known of."""
    return Ledger(SeriesStatus(series, "collecting", "", None, None, 0, 0, 0), None, None, (), ())


def slots(intervals: Iterable[Interval], step: int) -> int:
    """How many candles intervals hold."""
    return sum(interval.end - interval.start for interval in intervals) // step


def _between(known: Sequence[Interval]) -> list[Interval]:
    ordered = sorted(known)
    return [Interval(one.end, other.start) for one, other in pairwise(ordered) if one.end < other.start]
