"""What runs when. Every job may run late, twice or not at all: the plan makes up for it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from backfiller.bulk import take_files
from backfiller.collect import fill
from backfiller.connect import watch_clock
from backfiller.guard import Guard
from backfiller.head import extend_head, follow_close
from backfiller.listings import watch_listings
from backfiller.live import Live
from backfiller.plan import Wanted
from backfiller.rebuild import rebuild
from backfiller.source import Source
from backfiller.tickers import Quotes, keep_tickers
from shared.market import Series, timeframe_ms

_MEND_SECONDS, _CLOCK_SECONDS, _LISTINGS_SECONDS = 30, 120, 3_600


def make_scheduler() -> Any:
    """A scheduler that runs what it missed, once, however late: APScheduler's own default is to skip it silently."""
    return AsyncIOScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )


def schedule(
    scheduler: Any,
    source: Source,
    guard: Guard,
    wanted: Sequence[Wanted],
    ticker_seconds: float,
    live: Live | None,
    quotes: Quotes,
) -> None:
    """Have an exchange's series collected from now on; those that `live` follows not at their close."""
    now = datetime.now(UTC)
    polled = [each for each in wanted if each.end is None and not (live and each.series in live.edges)]
    for timeframe in {each.series.timeframe for each in polled}:
        closing = [each for each in polled if each.series.timeframe == timeframe]
        trigger = CronTrigger(**at_close(timeframe_ms(timeframe)), timezone=UTC)
        scheduler.add_job(close_candles, trigger, [source, guard, closing])
    for each in wanted:
        work = partial(mend, source, each, live)
        scheduler.add_job(guard.run, "interval", [[each.series], work], seconds=_MEND_SECONDS, next_run_time=now)
    if symbols := sorted({each.series.symbol for each in wanted if each.end is None}):
        ticking = partial(keep_tickers, source, symbols, quotes)
        scheduler.add_job(guard.run, "interval", [[], ticking], seconds=ticker_seconds, next_run_time=now)
    scheduler.add_job(guard.run, "interval", [[], partial(watch_clock, source)], seconds=_CLOCK_SECONDS)
    listings = partial(watch_listings, source, guard, wanted)
    scheduler.add_job(guard.run, "interval", [[], listings], seconds=_LISTINGS_SECONDS)


async def close_candles(source: Source, guard: Guard, live: Sequence[Wanted]) -> None:
    """A candle of one timeframe has closed: fetch it for all its series at once."""
    await asyncio.gather(*(guard.run([each.series], partial(follow_close, source, each)) for each in live))


async def mend(source: Source, wanted: Wanted, live: Live | None = None) -> None:
    """Fetch whatever is missing of a series: the newest page first, then the past.

    Once the stream has a series, its newest page is the stream's. After a restart it has it at once: the hole that
    the restart left is asked for together with what closes until the stream is there.
    """
    if _is_newest_missing(source, wanted.series, live):
        await extend_head(source, wanted)
    if live and (edge := live.edges.get(wanted.series)) and edge.known is None:
        live.begin(wanted.series)
    await take_files(source, wanted)
    await fill(source, wanted)
    await rebuild(source, wanted)


def _is_newest_missing(source: Source, series: Series, live: Live | None) -> bool:
    """Whether the newest page is to be asked for here: no stream has the series or can go on from what is known of it,
    and nobody is asking for what has just closed."""
    if live and (edge := live.edges.get(series)):
        return edge.known is None and not live.resumes(series)
    return series not in source.closing


def at_close(step: int) -> dict[str, str | int]:
    """Fields of a cron trigger for the close of candles of `step` ms, by UTC. Pure."""
    seconds = step // 1000
    if seconds < 60:
        return {"second": f"*/{seconds}"}
    if seconds < 3_600:
        return {"minute": f"*/{seconds // 60}", "second": 0}
    if seconds < 86_400:
        return {"hour": f"*/{seconds // 3_600}", "minute": 0, "second": 0}
    return {"hour": 0, "minute": 0, "second": 0}
