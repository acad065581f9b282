"""Getting to know an exchange: its clock, its markets, and which of the wanted series it has."""

from collections.abc import Sequence
from functools import partial

import structlog

from backfiller.guard import Guard
from backfiller.insist import insist
from backfiller.plan import Wanted, wanted
from backfiller.source import Source
from shared.candles import save_markets
from shared.clock import now_us
from shared.config import SeriesSettings
from shared.exchange import check_series, fetch_markets, market_rules, measure_clock, reach_candles

_SUSPICIOUS_MS = 2_000

_log = structlog.get_logger()


async def connect(
    source: Source, guard: Guard, sections: Sequence[SeriesSettings], default_days: float
) -> list[Wanted]:
    """What is to be collected of those sections; series the exchange does not have are marked stopped."""
    await insist(partial(watch_clock, source), source.attempts)
    await insist(partial(fetch_markets, source.client), source.attempts)
    rules = market_rules(source.client, sorted({section.symbol for section in sections}))
    save = partial(save_markets, found=rules, now_us=now_us())
    await insist(partial(source.store.write, save), source.attempts)
    found = list[Wanted]()
    for section in sections:
        await guard.run([section.series], partial(_add, source, section, default_days, found))
    _log.info("connected", exchange=source.client.name, series=[str(each.series) for each in found])
    return found


async def watch_clock(source: Source) -> None:
    """Measure how far the exchange's clock is from this host's, and say so if that is odd."""
    offset = await measure_clock(source.client)
    if abs(offset) > _SUSPICIOUS_MS:
        _log.warning(
            "clocks differ: candles follow the exchange's; check this host's time service",
            exchange=source.client.name,
            offset_ms=offset,
        )


async def _add(source: Source, section: SeriesSettings, default_days: float, found: list[Wanted]) -> None:
    check_series(source.client, section.series)
    each, warning = wanted(section, source.client.now(), default_days, reach_candles(source.client.id))
    if warning:
        _log.warning(warning)
    found.append(each)
