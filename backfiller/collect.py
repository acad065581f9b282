"""How candles get into the database: the whole story of one candle, top to bottom."""

from contextlib import aclosing
from functools import partial

from sqlalchemy import Connection

from backfiller import plan
from backfiller.ask import Reply, ask_insisting, confirmed, in_order, second_opinion
from backfiller.insist import insist
from backfiller.proof import proven
from backfiller.reach import lost
from backfiller.source import Source
from shared.candles import close_near, covered, note_unreachable, put_away, store_page
from shared.clock import now_us
from shared.errors import RepairError
from shared.exchange import reach_candles
from shared.market import Interval, Refusal, Series, subtract


async def fill(source: Source, wanted: plan.Wanted) -> None:
    """Fetch what is missing of the settled past, oldest first.

    Planned anew whenever a reply proves more or less than its window: behind an outage, after a page cut short. A
    reply that proves nothing is asked for once more; RepairError if that gets no further either.
    """
    series, stuck = wanted.series, 0
    fetch = partial(ask_insisting, source, series)
    while series not in source.stopped:
        known = source.known(series)
        gaps = plan.gaps(wanted, known, source.client.now(), source.settle_ms)
        source.progress.expect(series, known, gaps)
        if not gaps:
            await _put_away_rest(source, series)
            return
        windows = plan.pages(gaps, series.step, source.page)
        async with aclosing(in_order(windows, fetch, source.ahead)) as replies:
            async for reply in replies:
                settled = await keep(source, wanted, reply, source.pause_seconds)
                stuck = 0 if settled or reply.doubtful else stuck + 1
                if stuck > 1:
                    raise RepairError(
                        f"{series}: asked twice for {reply.window.start}..{reply.window.end} ms, and still nothing is"
                        " known of it; the exchange contradicts itself, look at what it answers"
                    )
                if settled != reply.window:
                    break


async def keep(source: Source, wanted: plan.Wanted, reply: Reply, pause_seconds: float | None = None) -> Interval:
    """Store a reply's candles and, in the same transaction, what they prove and what can't be had; returns how much
    that settles.

    History says how long to pause after it, so that others can commit; the live edge does not wait. What came
    impossible at the live edge is soon asked for again; history has asked often enough, and leaves it for a while.
    """
    series, window = wanted.series, reply.window
    close = source.store.peek(partial(close_near, series=series, at=window.start))
    reply = await second_opinion(source, series, await confirmed(source, series, reply), close)
    left_out = Interval(window.start, window.start)
    if reply.first is not None:
        find = partial(lost, source, series, window, reply.first)
        left_out = await insist(find, source.attempts)
    rest = Interval(left_out.end, max(left_out.end, window.end))
    coverage = proven(rest, reply.candles, reply.later, reply.asked_at, source.settle_ms, series.step)
    settled = Interval(window.start, coverage.end)
    if not settled and not reply.refused:
        return settled
    if pause_seconds is not None:
        source.doubt(series, reply.doubtful)
    refused = source.refused.pop(series, [])
    reason = _why(reach_candles(source.client.id))
    write = partial(
        _write_page, series=series, reply=reply, coverage=coverage, lost=left_out, reason=reason, refused=refused
    )
    if pause_seconds is None:
        inserted = await insist(partial(source.store.write, write), source.attempts)
    else:
        inserted = await insist(partial(source.store.write_unhurried, write, pause_seconds), source.attempts)
    source.outbox.fetched(series, subtract(settled, reply.doubtful), reply.candles)
    source.progress.note(series, settled, inserted, history=pause_seconds is not None)
    return settled


def _write_page(
    connection: Connection,
    series: Series,
    reply: Reply,
    coverage: Interval,
    lost: Interval,
    reason: str,
    refused: list[Refusal],
) -> int:
    """The one transaction of a page. Candles in doubt are left out, and out of the coverage: they stay gaps."""
    received, count, inserted = now_us(), reply.refused, 0
    for part in subtract(coverage, reply.doubtful) or [Interval(coverage.start, coverage.start)]:
        whole = part == coverage
        candles = reply.candles if whole else [c for c in reply.candles if part.start <= c.timestamp < part.end]
        inserted += store_page(connection, series, candles, part, now_us=received, refused=count)
        count = 0
    if lost:
        known = covered(connection, series)
        note_unreachable(connection, series, lost, reason, known=known, now_us=received)
    if refused:
        put_away(connection, series, refused, "rest", received)
    return inserted


async def _put_away_rest(source: Source, series: Series) -> None:
    """Put refused rows into quarantine that came with no page to go in with."""
    if refused := source.refused.pop(series, []):
        write = partial(put_away, series=series, refused=refused, source="rest", now_us=now_us())
        await insist(partial(source.store.write, write), source.attempts)


def _why(reach: int | None) -> str:
    kept = f"keeps only the newest {reach} candles" if reach else "does not go back so far, and does not say so"
    return f"the exchange {kept}"
