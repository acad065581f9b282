"""The live edge: the candle that has just closed, as soon as the exchange shows it."""

import asyncio
import time
from functools import partial

from backfiller import plan
from backfiller.ask import Reply, ask, second_opinion
from backfiller.collect import keep
from backfiller.insist import insist
from backfiller.proof import proven
from backfiller.source import Source
from shared.candles import close_near
from shared.exchange import Priority, asking
from shared.market import Closed, Interval

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 2.0
_LONGEST_POLL = 10.0


async def extend_head(source: Source, wanted: plan.Wanted, poll_seconds: float | None = None) -> None:
    """Fetch what is missing at the live edge.

    With `poll_seconds` a candle that is not published yet is asked for again during that time; without, each window
    is looked at once, however long the exchange takes to answer.
    """
    deadline = None if poll_seconds is None else time.monotonic() + poll_seconds
    for window in plan.head(wanted, source.known(wanted.series), source.client.now(), source.settle_ms, source.page):
        await _poll(source, wanted, window, deadline)


async def _poll(source: Source, wanted: plan.Wanted, window: Interval, deadline: float | None) -> None:
    pause = _FIRST_PAUSE
    while window:
        seconds = None if deadline is None else deadline - time.monotonic()
        with asking(Priority.LIVE):
            reply = await insist(partial(ask, source, wanted.series, window), source.attempts, seconds)
        coverage = await keep_live(source, wanted, reply)
        window = Interval(max(window.start, coverage.end), window.end)
        if not window or deadline is None or time.monotonic() + pause > deadline:
            return
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def keep_live(source: Source, wanted: plan.Wanted, reply: Reply) -> Interval:
    """Store a reply of the live edge, in the journal if need be; returns how much it settles.

    One that needs a second look is history's: with rows that were refused, or without the first candles of a time long
    past. Without any of a time that is not settled it is none: the exchange is late, and nothing is proven by it.
    """
    series, window = wanted.series, reply.window
    past = reply.asked_at - source.settle_ms
    if reply.refused or (reply.skips and window.start < (past if reply.first is not None else series.floor(past))):
        return await keep(source, wanted, reply)
    close = source.store.peek(partial(close_near, series=series, at=window.start))
    reply = await second_opinion(source, series, reply, close)
    coverage = proven(window, reply.candles, reply.later, reply.asked_at, source.settle_ms, series.step)
    if coverage:
        await insist(partial(source.outbox.put, [Closed(series, coverage, reply.candles)]), source.attempts)
    return coverage


async def follow_close(source: Source, wanted: plan.Wanted) -> None:
    """Run at the close of a candle by this host's clock: wait until it has closed by the exchange's, then fetch it."""
    step, now = wanted.series.step, source.client.now()
    boundary = wanted.series.floor(now + step // 2)
    await asyncio.sleep(max(0, boundary - now) / 1000)
    source.closing.add(wanted.series)
    try:
        await extend_head(source, wanted, min(step / 1000 * 0.8, _LONGEST_POLL))
    finally:
        source.closing.discard(wanted.series)
