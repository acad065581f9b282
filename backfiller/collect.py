"""How candles get into the database: the whole story of one candle, top to bottom."""

from contextlib import aclosing
from functools import partial

from sqlalchemy import Connection

from backfiller import plan
from backfiller.ask import Reply, ask_insisting, beyond, in_order
from backfiller.insist import insist
from backfiller.proof import proven
from backfiller.source import Source
from shared.candles import store_page
from shared.clock import now_us
from shared.errors import RepairError
from shared.market import Interval, Series, subtract


async def fill(source: Source, wanted: plan.Wanted) -> None:
    """Fetch what is missing of the settled past, oldest first.

    Planned anew whenever a reply proves more or less than its window: behind an outage, after a page cut short.
    """
    series = wanted.series
    fetch = partial(ask_insisting, source, series)
    while series not in source.stopped:
        known = source.known(series)
        gaps = plan.gaps(wanted, known, source.client.now(), source.settle_ms)
        source.progress.expect(series, known, gaps)
        if not gaps:
            return
        windows = plan.pages(gaps, series.step, source.page)
        async with aclosing(in_order(windows, fetch, source.ahead)) as replies:
            async for reply in replies:
                coverage = await keep(source, wanted, reply, source.pause_seconds)
                if not coverage and not reply.doubtful:
                    raise RepairError(f"{series}: {reply.window.start}..{reply.window.end} ms stays unknown; stopped")
                if coverage != reply.window:
                    break


async def keep(source: Source, wanted: plan.Wanted, reply: Reply, pause_seconds: float | None = None) -> Interval:
    """Store a reply's candles and, in the same transaction, the coverage they prove; returns that coverage.

    History says how long to pause after it, so that others can commit; the live edge does not wait.
    """
    series, later = wanted.series, reply.later
    if not reply.candles and later is None and reply.window.start < reply.asked_at - source.settle_ms:
        later = await insist(partial(beyond, source, series, reply), source.attempts)
    coverage = proven(reply.window, reply.candles, later, reply.asked_at, source.settle_ms, series.step)
    if not coverage and not reply.refused:
        return coverage
    source.doubt(series, reply.doubtful)
    write = partial(_write_page, series=series, reply=reply, coverage=coverage)
    if pause_seconds is None:
        inserted = await insist(partial(source.store.write, write), source.attempts)
    else:
        inserted = await insist(partial(source.store.write_unhurried, write, pause_seconds), source.attempts)
    source.progress.note(series, coverage, inserted, history=pause_seconds is not None)
    return coverage


def _write_page(connection: Connection, series: Series, reply: Reply, coverage: Interval) -> int:
    """The one transaction of a page. Candles in doubt are left out, and out of the coverage: they stay gaps."""
    received, refused, inserted = now_us(), reply.refused, 0
    for part in subtract(coverage, reply.doubtful) or [Interval(coverage.start, coverage.start)]:
        whole = part == coverage
        candles = reply.candles if whole else [c for c in reply.candles if part.start <= c.timestamp < part.end]
        inserted += store_page(connection, series, candles, part, now_us=received, refused=refused)
        refused = 0
    return inserted
