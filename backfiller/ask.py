"""Asking an exchange for a window until the answer can be used."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass

from backfiller.insist import insist
from backfiller.proof import doubtful, later_than
from backfiller.source import Source
from shared.errors import RepairError, RetryError
from shared.exchange import fetch_page, first_from, newest, reach_candles
from shared.market import Candle, Interval, Series, accept

_TRUSTED_AFTER = 3


@dataclass(frozen=True)
class Reply:
    """What came for a window: its candles, the first time known after it, what was refused and which candles
    that leaves in doubt, and the exchange's time when it was asked."""

    window: Interval
    candles: list[Candle]
    later: int | None
    refused: int
    doubtful: list[Interval]
    asked_at: int


async def ask(source: Source, series: Series, window: Interval) -> Reply:
    """The exchange's reply for a window, one attempt. RetryError if it can't be used as it is."""
    rows, asked_at = await fetch_page(source.client, series, window)
    candles, refused = accept(rows, series, window, asked_at)
    doubted = doubtful(refused, series.step)
    if doubted is None:
        raise RetryError(
            f"{series}: {len(refused)} of {len(rows)} rows are no candles ({refused[0].reason}:"
            f" {str(refused[0].row)[:80]}); asking again"
        )
    later = None if refused else later_than(window, rows)
    if not candles and later is not None and _jumped(source, series, window, asked_at):
        raise RepairError(
            f"{series}: asked for {window.start}..{window.end} ms and got candles from {later} on: this exchange does"
            " not go back so far and does not say so; set a later start"
        )
    inside = [slot for slot in doubted if window.start <= slot.start < window.end]
    return Reply(window, candles, later, len(refused), inside, asked_at)


async def ask_insisting(source: Source, series: Series, window: Interval) -> Reply:
    """A reply, however often it takes; impossible candles are believed to be the exchange's after three times."""
    refused = 0

    async def attempt() -> Reply:
        nonlocal refused
        async with source.requests:
            reply = await ask(source, series, window)
        refused += 1 if reply.refused else 0
        if reply.refused and refused < _TRUSTED_AFTER:
            raise RetryError(f"{series}: {reply.refused} impossible candles in a page; asking again")
        return reply

    return await insist(attempt, source.attempts)


async def beyond(source: Source, series: Series, reply: Reply) -> int | None:
    """For a window without candles: the first one after it at any distance, in one request. None if there is none.

    That there is none is believed only of an exchange that shows an older candle at the same moment: otherwise an
    empty answer by mistake would turn a year into a confirmed silence.
    """
    async with source.requests:
        found = await first_from(source.client, series, reply.window.end)
        if found is not None:
            return found
        last = await newest(source.client, series)
    if last is None or last >= reply.window.end:
        raise RetryError(
            f"{series}: the exchange says there is nothing after {reply.window.end} ms, but its newest candle is"
            f" {last}; asking again"
        )
    return None


async def in_order(
    windows: Iterable[Interval], fetch: Callable[[Interval], Awaitable[Reply]], ahead: int
) -> AsyncGenerator[Reply, None]:
    """Replies in the order of the windows, while the next ones are already being fetched."""
    flying: deque[asyncio.Future[Reply]] = deque()
    try:
        for window in windows:
            flying.append(asyncio.ensure_future(fetch(window)))
            if len(flying) >= ahead:
                yield await flying.popleft()
        while flying:
            yield await flying.popleft()
    finally:
        for task in flying:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)


def _jumped(source: Source, series: Series, window: Interval, now: int) -> bool:
    """Whether later rows in place of the window's mean that the exchange doesn't reach back to it.

    An exchange that ignores the end of a window it does reach sends later rows as a matter of course.
    """
    reach = reach_candles(source.client.id)
    return reach is None or window.start < series.closed_end(now) - reach * series.step
