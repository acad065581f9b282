"""Getting to know an exchange: its clock, its markets, and which of the wanted series it has."""

from collections.abc import Sequence
from functools import partial

import structlog
from sqlalchemy import Connection

from backfiller.guard import Guard
from backfiller.insist import insist
from backfiller.plan import Wanted, wanted
from backfiller.source import Source
from shared.candles import read_exchange, save_markets
from shared.candles.exchanges import note_clock, resume_exchange
from shared.clock import now_us
from shared.config import SeriesSettings
from shared.exchange import Priority, asking, check_series, fetch_markets, market_rules, measure_clock

_log = structlog.get_logger()


async def connect(
    source: Source, guard: Guard, sections: Sequence[SeriesSettings], default_days: float
) -> list[Wanted]:
    """What is to be collected of those sections; series the exchange does not have are marked stopped.

    An exchange that let us in no longer before the start does so again, if it answers.
    """
    await insist(partial(watch_clock, source), source.attempts)
    await insist(partial(fetch_markets, source.client), source.attempts)
    rules = market_rules(source.client, sorted({section.symbol for section in sections}))
    save = partial(save_markets, found=rules, now_us=now_us())
    await insist(partial(source.store.write, save), source.attempts)
    if await insist(partial(source.store.write, partial(_let_in, exchange=source.client.name)), source.attempts):
        _log.info("the exchange lets us in again", exchange=source.client.name)
    found = list[Wanted]()
    for section in sections:
        await guard.run([section.series], partial(_add, source, section, default_days, found))
    _log.info("connected", exchange=source.client.name, series=[str(each.series) for each in found])
    return found


async def watch_clock(source: Source) -> None:
    """Measure how far the exchange's clock is from this host's; beyond the limit it is an alarm, and traders refuse."""
    with asking(Priority.LIVE):
        offset = await measure_clock(source.client)
    await source.store.write(partial(note_clock, exchange=source.client.name, offset_ms=offset, now_us=now_us()))
    if abs(offset) > source.clock_limit_ms:
        _log.error(
            "clocks differ: no new exposure is taken on this exchange, and candles follow its clock; check this host's"
            " time service",
            exchange=source.client.name,
            offset_ms=offset,
            limit_ms=source.clock_limit_ms,
        )


def _let_in(connection: Connection, exchange: str) -> bool:
    """Record that the exchange goes on, for traders to see; returns whether it was stopped."""
    known = read_exchange(connection, exchange)
    if known is None or known.status != "stopped":
        return False
    resume_exchange(connection, exchange, now_us())
    return True


async def _add(source: Source, section: SeriesSettings, default_days: float, found: list[Wanted]) -> None:
    check_series(source.client, section.series)
    found.append(wanted(section, source.client.now(), default_days))
