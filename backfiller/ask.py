"""Asking an exchange for a window until the answer can be used."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from backfiller.insist import insist
from backfiller.listings import look_again
from backfiller.proof import doubtful, later_than, leaps, not_json, silences
from backfiller.reach import bears_out, first_in
from backfiller.source import Source
from shared.errors import RetryError
from shared.exchange import NoMarketError, RubbishError, fetch_page, first_from, newest, seeks
from shared.market import Candle, Interval, Refusal, Series, accept, subtract
from shared.market.candle import OTHER_MARKET

_TRUSTED_AFTER, _LEAP_TRUSTED_AFTER = 3, 5

#: A longer part of a page without candles is not believed at once.
_SILENT_SHARE = 0.1


class ContradictionError(RetryError):
    """The exchange has said one thing and then another."""


@dataclass(frozen=True)
class Reply:
    """What came for a window: its candles, the first time known after it, how many rows were refused and which candles
    that leaves in doubt, and the exchange's time when it was asked."""

    window: Interval
    candles: list[Candle]
    later: int | None
    refused: int
    doubtful: list[Interval]
    asked_at: int

    @property
    def first(self) -> int | None:
        """Time (ms) of the first candle known from the window's start on; None if there is none."""
        return self.candles[0].timestamp if self.candles else self.later

    @property
    def skips(self) -> bool:
        """Whether it begins later than was asked for: nobody traded, or the exchange does not go back so far."""
        return self.first is None or self.first > self.window.start


async def ask(source: Source, series: Series, window: Interval) -> Reply:
    """The exchange's reply for a window, one attempt. RetryError if it can't be used as it is."""
    try:
        rows, asked_at = await fetch_page(source.client, series, window)
    except NoMarketError:
        await look_again(source, series)
        raise
    except RubbishError as error:
        source.refuse(series, not_json(error.body))
        raise
    candles, refused = accept(rows, series, window, asked_at)
    source.refuse(series, refused)
    doubted = doubtful(refused, series.step)
    if doubted is None or any(part.start < window.start for part in doubted):
        # A row does not say which candle it was meant to be: any that did not come.
        doubted = subtract(window, [Interval(c.timestamp, c.timestamp + series.step) for c in candles])
    later = None if refused else later_than(window, rows)
    inside = [part for part in doubted if window.start <= part.start < window.end]
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


async def second_opinion(source: Source, series: Series, reply: Reply, close: float | None) -> Reply:
    """The same reply, or another one if its prices turn out to be another market's.

    Rows don't name their symbol, so a page for another one shows only in its prices: they leap away from `close`, the
    candle before. What comes with the same leap again and again is believed; what does not was another market's page.
    """
    agreed = 0
    while leaps(reply.candles, close) and agreed < _LEAP_TRUSTED_AFTER:
        again = await ask_insisting(source, series, reply.window)
        if again.candles[:1] == reply.candles[:1]:
            agreed += 1
            continue
        agreed = 0
        source.refuse(series, [Refusal(list(candle), OTHER_MARKET) for candle in reply.candles])
        reply = again
    return reply


async def confirmed(source: Source, series: Series, reply: Reply) -> Reply:
    """The same reply, or another one if it was silent by mistake; a silent window with what comes after it.

    A long silence before a candle that the reply does show is believed when a second answer shows none there either.
    """
    longest = int(source.page * _SILENT_SHARE) * series.step

    async def attempt() -> Reply:
        nonlocal reply
        settled = series.floor(reply.asked_at - source.settle_ms)
        if reply.first is None and not reply.refused and reply.window.start < settled:
            try:
                reply = replace(reply, later=await beyond(source, series, reply))
            except ContradictionError:
                reply = await ask_insisting(source, series, reply.window)
                raise
            return reply
        quiet = silences(reply.window, reply.candles, reply.later, series.step, longest)
        if quiet and not _agrees(again := await ask_insisting(source, series, reply.window), quiet):
            reply = again
            raise ContradictionError(f"{series}: two answers for the same window differ; asking again")
        return reply

    return await insist(attempt, source.attempts)


def _agrees(reply: Reply, quiet: Iterable[Interval]) -> bool:
    """Whether a reply shows candles, but none of them, not even one in doubt, where another one showed none."""
    times = [candle.timestamp for candle in reply.candles] + [part.start for part in reply.doubtful]
    times += [] if reply.later is None else [reply.later]
    return bool(times) and not any(part.start <= time < part.end for part in quiet for time in times)


async def beyond(source: Source, series: Series, reply: Reply) -> int | None:
    """For a window without candles: the first one after it at any distance, in one request. None if there is none.

    The window itself is looked at again with it: ContradictionError if it does hold a candle. An exchange that answers
    windows only is searched, in a few more (see `first_in`), and has to show what lies around what it says. Of the
    others that there is none is believed only if they show an older candle at the same moment: otherwise an empty
    answer by mistake would turn a year into a confirmed silence.
    """
    window = reply.window
    if seeks(source.client):
        async with source.requests:
            found = await first_from(source.client, series, window.start)
            last = None if found is not None else await newest(source.client, series)
        contradiction = found is None and (last is None or last >= window.start)
    else:
        rest = Interval(window.start, max(window.end, source.client.now()))
        found = last = await first_in(source, series, rest)
        contradiction = not await bears_out(source, series, rest, found)
    if contradiction or (found is not None and found < window.end):
        raise ContradictionError(
            f"{series}: the exchange gave nothing for {window.start}..{window.end} ms, but has candles there or after"
            f" ({found or last}); asking again"
        )
    return found


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
