"""The whole service: connect to every exchange, collect its series, stop when told to."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog

from backfiller import plan
from backfiller.connect import connect
from backfiller.follow import follow
from backfiller.guard import Guard
from backfiller.health import Known, assess
from backfiller.jobs import make_scheduler, mend, schedule
from backfiller.outbox import Outbox
from backfiller.progress import Display, Progress
from backfiller.source import Source, make_source
from backfiller.store import Store
from shared.candles import covered, unreachable
from shared.candles.exchanges import StoredGate
from shared.config import SeriesSettings, Settings
from shared.database import Database
from shared.database.upkeep import database_file
from shared.exchange import open_client
from shared.health import report
from shared.journal import Journal
from shared.market import Ring, Series
from shared.upkeep import Room

_ATTEMPTS_ONCE = 8
_REPORT_SECONDS = 5.0
_TEND_SECONDS = 1

_log = structlog.get_logger()


async def run(settings: Settings, database: Database, *, once: bool) -> int:
    """Collect until told to stop (0), or with `once` until all is there (0) or can't be had (1).

    StopError when nothing can go on.
    """
    sections = settings.all_series()
    store, progress, stopped = (
        Store(database, settings.database.busy_timeout_ms / 1000, _room(settings, database), once=once),
        Progress(),
        dict[Series, str](),
    )
    outbox = Outbox(store, progress) if once else _outbox(store, progress, settings)
    attempts = _ATTEMPTS_ONCE if once else None
    sources = [
        make_source(
            open_client(name, exchange, StoredGate(database, name), streaming=not once and exchange.live == "auto"),
            store,
            outbox,
            progress,
            exchange,
            settings.backfill,
            attempts,
            stopped,
        )
        for name, exchange in settings.exchanges.items()
        if any(section.exchange == name for section in sections)
    ]
    series = frozenset(section.series for section in sections)
    guard = Guard(store, series, stopped, asyncio.get_running_loop().create_future())
    _hear_signals(guard)
    display = Display(progress)
    showing = asyncio.create_task(_show(display))
    try:
        if once:
            return await _fetch_all(sources, guard, sections, settings)
        await _serve(sources, guard, sections, settings)
        return 0
    finally:
        showing.cancel()
        display.close()
        outbox.close()
        await asyncio.gather(*(source.client.close() for source in sources), return_exceptions=True)


async def _serve(
    sources: Sequence[Source], guard: Guard, sections: Sequence[SeriesSettings], settings: Settings
) -> None:
    scheduler = make_scheduler()
    streaming = set[asyncio.Task[None]]()

    async def start(source: Source, own: list[SeriesSettings]) -> None:
        wanted = await connect(source, guard, own, settings.backfill.days)
        live, quotes = follow(source, guard, wanted, settings.exchanges[source.client.name], streaming)
        schedule(scheduler, source, guard, wanted, settings.backfill.ticker_seconds, live, quotes)

    starting = [
        asyncio.create_task(guard.run([each.series for each in own], partial(start, source, own)))
        for source in sources
        if (own := _own(source, sections))
    ]
    live = [(source, each.series) for source in sources for each in _own(source, sections) if each.end is None]
    begin, store, outbox = datetime.now(UTC), sources[0].store, sources[0].outbox
    scheduler.add_job(_report, "interval", [live, guard, store, outbox], seconds=_REPORT_SECONDS, next_run_time=begin)
    scheduler.add_job(guard.run, "interval", [[], outbox.tend], seconds=_TEND_SECONDS, next_run_time=begin)
    scheduler.start()
    try:
        await guard.stop
        _log.info("stopping")
    finally:
        scheduler.shutdown(wait=False)
        await _cancelled([*starting, *streaming])


async def _fetch_all(
    sources: Sequence[Source], guard: Guard, sections: Sequence[SeriesSettings], settings: Settings
) -> int:
    missing = dict[Series, int]()

    async def collect(source: Source, own: list[SeriesSettings]) -> None:
        wanted = await connect(source, guard, own, settings.backfill.days)
        await asyncio.gather(*(guard.run([each.series], partial(mend, source, each)) for each in wanted))
        for each in wanted:
            known = source.store.read(partial(covered, series=each.series))
            known += source.store.read(partial(unreachable, series=each.series))
            gaps = plan.gaps(each, known, source.client.now(), source.settle_ms)
            missing[each.series] = sum(gap.end - gap.start for gap in gaps) // each.series.step

    work = [
        asyncio.create_task(guard.run([each.series for each in own], partial(collect, source, own)))
        for source in sources
        if (own := _own(source, sections))
    ]
    finished = asyncio.gather(*work)
    either: list[asyncio.Future[Any]] = [guard.stop, finished]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    await _cancelled(work)
    if guard.stop.done():
        guard.stop.result()
    incomplete = [
        f"{series} ({missing.get(series, 'all')} candles)" for series in guard.series if missing.get(series, 1)
    ]
    if incomplete:
        print(f"backfiller: not complete: {', '.join(sorted(incomplete))}", file=sys.stderr)
    return 1 if incomplete else 0


def _own(source: Source, sections: Sequence[SeriesSettings]) -> list[SeriesSettings]:
    return [section for section in sections if section.exchange == source.client.name]


def _outbox(store: Store, progress: Progress, settings: Settings) -> Outbox:
    """An outbox with a journal, and a ring for each series that follows the present."""
    open_journal = partial(Journal, settings.paths.journal, settings.backfill.journal_megabytes)
    live = [section.series for section in settings.all_series() if section.end is None]
    return Outbox(store, progress, open_journal, {series: Ring(settings.backfill.ring_candles) for series in live})


def _room(settings: Settings, database: Database) -> Callable[[], str | None]:
    """Why history has to wait for room on the database's disk, asked before each of its pages."""
    if database.has_server:
        return lambda: None
    directory = database_file(settings.database_url()).parent
    return Room(directory, settings.keeper.disk_stop_megabytes).complaint


async def _report(live: Sequence[tuple[Source, Series]], guard: Guard, store: Store, outbox: Outbox) -> None:
    collecting = {
        series: Known(source.progress.known_until.get(series), source.client.now(), source.settle_ms)
        for source, series in live
        if series not in guard.stopped
    }
    progress = live[0][0].progress if live else Progress()
    healthy, detail = assess(collecting, sum(progress.remaining.values()), time.monotonic() - progress.moved)
    report(healthy, "; ".join(filter(None, (detail, outbox.trouble(), store.short))))


async def _show(display: Display) -> None:
    while True:
        await asyncio.sleep(display.seconds)
        display.show()


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _hear_signals(guard: Guard) -> None:
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, guard.end)
