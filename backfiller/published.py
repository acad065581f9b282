"""Which of the files an exchange publishes fill gaps. Pure."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from shared.config import ExchangeSettings
from shared.market import Candle, Interval, Series, merge, subtract

_DAY = 86_400_000
#: A day's file comes within a day after its end; a month's on the first Monday of the next.
_DAY_LATER, _MONTH_LATER = _DAY, 8 * _DAY
#: Of longer files the days are taken: what is held at a time stays small.
_MOST_CANDLES = 100_000
_REST_SECONDS = 3_600.0
#: Where each exchange that ccxt knows by this name publishes its files.
_PUBLISHERS = {"binance": "https://data.binance.vision"}


@dataclass(frozen=True)
class Published:
    """One file: where it is below the publisher's address, and which part of the series it holds, whole."""

    path: str
    part: Interval

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[2]


@dataclass
class Publisher:
    """Where an exchange's files are; which of them REST does instead for an hour (`ALL` of them, if it is away), and
    how many are taken at a time."""

    url: str
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    _left: dict[str, float] = field(default_factory=dict)

    ALL = "*"

    def leave(self, name: str, now: float) -> None:
        """Don't ask for a file until an hour after `now`, of the monotonic clock (s)."""
        self._left[name] = now + _REST_SECONDS

    def offers(self, name: str, now: float) -> bool:
        """Whether a file is worth asking for."""
        self._left = {name: until for name, until in self._left.items() if until > now}
        return name not in self._left and self.ALL not in self._left


def publisher(exchange_id: str, settings: ExchangeSettings) -> Publisher | None:
    """Who publishes an exchange's files; None if nobody does, they are not wanted, or another endpoint is asked."""
    if exchange_id not in _PUBLISHERS or not settings.bulk:
        return None
    if settings.bulk_url:
        return Publisher(str(settings.bulk_url).rstrip("/"))
    return None if settings.url else Publisher(_PUBLISHERS[exchange_id])


def published(series: Series, market_id: str, gaps: Iterable[Interval], now: int, page: int) -> list[Published]:
    """The files of whole UTC months and days that lie in the gaps, oldest first.

    Of a month that can't be taken whole, its days. Only files that spare more than a page of `page` candles: what one
    request brings needs no file. `market_id` is the exchange's own name of the symbol, `now` its time (ms).
    """
    return [file for gap in gaps for file in _of_gap(series, market_id, gap, now, page)]


def runs(candles: Sequence[Candle], doubtful: Iterable[Interval], step: int) -> list[Interval]:
    """What a file makes known: its candles, one after another, and nothing between them.

    `candles` ascend. The files have holes that REST does not have, so a candle that is absent stays a gap, and so does
    one in doubt.
    """
    doubtful = list(doubtful)
    if candles and candles[-1].timestamp - candles[0].timestamp == (len(candles) - 1) * step:  # as nearly always
        return subtract(Interval(candles[0].timestamp, candles[-1].timestamp + step), doubtful)
    held = merge(Interval(candle.timestamp, candle.timestamp + step) for candle in candles)
    return [part for run in held for part in subtract(run, doubtful)]


def _of_gap(series: Series, market_id: str, gap: Interval, now: int, page: int) -> Iterator[Published]:
    at = gap.start + -gap.start % _DAY
    while at + _DAY <= min(gap.end, now - _DAY_LATER):
        day = datetime.fromtimestamp(at / 1000, UTC).date()
        part, name = _month(day), f"{day:%Y-%m}"
        candles, period = (part.end - part.start) // series.step, "monthly"
        if day.day > 1 or part.end > min(gap.end, now - _MONTH_LATER) or not page < candles <= _MOST_CANDLES:
            part, name, period = Interval(at, at + _DAY), f"{day:%Y-%m-%d}", "daily"
        if (part.end - part.start) // series.step > page:
            place = f"data/spot/{period}/klines/{market_id}/{series.timeframe}"
            yield Published(f"{place}/{market_id}-{series.timeframe}-{name}.zip", part)
        at = part.end


def _month(day: date) -> Interval:
    first = day.replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    return Interval(_ms(first), _ms(after))


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
