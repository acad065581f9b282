"""`chandler history update`: what is new, and what lies further back than was kept so far; nothing twice."""

from collections.abc import Sequence
from datetime import UTC, datetime

from console import words
from console.candles.account import Choice
from console.candles.repair import fetch_now
from console.history.place import place_of
from shared.clock import now_ms
from shared.config import SeriesSettings, Settings
from shared.errors import ConfigError
from shared.history import Place
from shared.history.fetch import fetch_back, lacking
from shared.history.read import count
from shared.logs import start_logging
from shared.market import Interval

_EVER = Interval(0, 2**60)


def update(settings: Settings, choice: Choice, since: int | None, limit: int | None) -> int:
    """Fetch what the chosen series lack, from `since` (ms) on or for their newest `limit` candles, and say what came.

    Without both, what the configuration asks for. What comes is kept like everything the backfiller fetches, which may
    run meanwhile. Returns 0 if nothing of it is missing afterwards.
    """
    start_logging("console", "warning", as_json=False)
    sections, now = _sections(settings, choice), now_ms()
    with place_of(settings) as place:
        before = [count(place, each.series, _EVER) for each in sections]
        wanted = _fetch(settings, place, sections, since, limit, now)
        missing = 0
        for part, section, had in zip(wanted, sections, before, strict=True):
            series = section.series
            came = count(place, series, _EVER) - had
            left = sum(gap.end - gap.start for gap in lacking(place, series, part)) // series.step
            missing += left
            rest = f"{words.count(left)} missing" if left else "nothing is missing"
            print(f"{series}: {words.several(came, 'candle')} came, {words.count(had + came)} are kept, {rest}")
    return 1 if missing else 0


def _fetch(
    settings: Settings, place: Place, sections: Sequence[SeriesSettings], since: int | None, limit: int | None, now: int
) -> list[Interval]:
    """Returns what was wanted of each, as far as the exchange adds nothing to it any more."""
    if limit is None:
        asked = [section if since is None else _from(section, since) for section in sections]
        parts = [_settled(settings, section, now) for section in asked]
        lacks = [one for one, part in zip(asked, parts, strict=True) if lacking(place, one.series, part)]
        if lacks:
            fetch_now(settings, lacks)
        return parts
    parts = []
    for section in sections:
        until = _settled(settings, section, now).end
        reached = fetch_back(
            place,
            section.series,
            Interval(since or 0, until),
            limit,
            lambda start, section=section: fetch_now(settings, [_from(section, start)]),  # type: ignore[misc]
        )
        parts.append(Interval(reached, until))
    return parts


def _settled(settings: Settings, section: SeriesSettings, now: int) -> Interval:
    series, end = section.series, section.end_ms()
    settled = series.closed_end(now - int(settings.exchanges[series.exchange].settle_seconds * 1000))
    start = section.start_ms(now, settings.backfill.days)
    return Interval(start, settled if end is None else min(settled, series.floor(end)))


def _from(section: SeriesSettings, start: int) -> SeriesSettings:
    moment = datetime.fromtimestamp(section.series.floor(start) / 1000, UTC)
    return section.model_copy(update={"start": moment, "days": None})


def _sections(settings: Settings, choice: Choice) -> list[SeriesSettings]:
    """The configured series that are meant; or the one that is named in full, if its exchange is configured."""
    found = [section for section in settings.all_series() if section.series in choice]
    if found:
        return found
    exchange, symbol, timeframe = choice.exchange, choice.symbol, choice.timeframe
    if not (exchange in settings.exchanges and symbol and timeframe):
        raise ConfigError(
            "none of the configured series is meant: name exchange, symbol and timeframe in full for another one"
        )
    try:
        return [SeriesSettings(exchange=str(exchange), symbol=symbol, timeframe=timeframe)]
    except ValueError as error:
        raise ConfigError(f"{symbol} {timeframe} names no series: {error}") from None
