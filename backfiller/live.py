"""The live edge of one exchange over its stream: certain candles are stored at once, doubts go to REST.

There is no second mode for when the socket is down: everything is in doubt then, and REST tells. Once the stream is
back, what it shows is certain again, and the hole behind it was in doubt like any other.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection

from backfiller.ask import ask
from backfiller.asking import Allowance, Patience
from backfiller.edge import Edge
from backfiller.guard import Guard
from backfiller.head import keep_live
from backfiller.plan import Wanted
from backfiller.source import Source
from shared.candles import frame, put_away, store_page
from shared.clock import now_us
from shared.errors import RetryError
from shared.exchange import Priority, Shown, asking
from shared.market import Closed, Interval, Refusal, Series

_LOOK_SECONDS = 0.1
_RECONNECT_SECONDS = 1.0
_THE_NEWEST = 2**53


Watch = Callable[[Sequence[Series]], AsyncIterator[Shown]]


@dataclass
class Live:
    """The series of one exchange that a stream shows; `watch` opens that stream, again whenever it has ended."""

    source: Source
    guard: Guard
    watch: Watch
    wanted: Mapping[Series, Wanted]
    edges: Mapping[Series, Edge]
    allowance: Allowance
    close_ms: int
    patience: dict[Series, Patience] = field(default_factory=dict)
    asking: dict[Series, "asyncio.Task[None]"] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen())
                tasks.create_task(self._look())
        finally:
            for task in self.asking.values():
                task.cancel()
            await asyncio.gather(*self.asking.values(), return_exceptions=True)

    def resumes(self, series: Series) -> bool:
        """Whether so much is known of a series that what is missing up to now fits in one page."""
        end = max((part.end for part in self.source.known(series)), default=0)
        return end > self._newest_page(series)

    def begin(self, series: Series) -> None:
        """The newest page was asked for: from here on this edge sees to it that nothing newer is missing."""
        wanted, edge, now = self.wanted[series], self.edges[series], self.source.client.now()
        start = max(wanted.start, self._newest_page(series))
        held = self.source.store.read(
            partial(frame, series=series, until=_THE_NEWEST, count=edge.ring.capacity, since=start)
        )
        edge.ring.fill(held)
        edge.begin(start, self.source.known(series))
        self._patience(series).asked(series.closed_end(now), time.monotonic())  # what closes next waits for the stream

    def _newest_page(self, series: Series) -> int:
        return series.closed_end(self.source.client.now()) - self.source.page * series.step

    async def _listen(self) -> None:
        while True:
            await self.guard.run([], self._hear)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _hear(self) -> None:
        try:
            async for message in self.watch([series for series in self.edges if series not in self.source.stopped]):
                self.edges[message.series].shown(message.rows, message.connection, message.received_at)
        finally:
            for edge in self.edges.values():
                edge.lost()

    async def _look(self) -> None:
        while True:
            await self.guard.run([], self._settle)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _settle(self) -> None:
        """Store what is certain, of all series together; then ask REST about doubts, the longest unasked first.

        While the exchange wants no requests nobody stands in line: more will have closed, and fits in the same page.
        """
        now = self.source.client.now()
        edges = {series: edge for series, edge in self.edges.items() if series not in self.source.stopped}
        if certain := [page for edge in edges.values() for page in edge.certain(now)]:
            await self._keep(certain)
        await self._put_away(edges)
        for edge in edges.values():
            edge.leave(edge.series.floor(now - self.source.settle_ms))
        doubts = [(edge, doubt) for edge in edges.values() if (doubt := edge.doubt(now, self.close_ms))]
        if doubts and self.source.client.gate.left() <= 0:
            lively = any(edge.is_lively(now) for edge in edges.values())
            for edge, doubt in sorted(doubts, key=lambda each: self._patience(each[0].series).asked_at):
                self._consider(edge, doubt, lively=lively)

    async def _keep(self, pages: Sequence[Closed]) -> None:
        for page in pages:
            self.edges[page.series].note(page.coverage)
        await self.source.outbox.put(pages)

    async def _put_away(self, edges: Mapping[Series, Edge]) -> None:
        """Count and keep the rows that were refused; tried again with the next look if the database is busy."""
        for series, edge in edges.items():
            if refused := edge.refused:
                with suppress(RetryError):
                    await self.source.store.write(partial(_quarantine, series=series, refused=refused), 0.0)
                    edge.refused = []

    def _consider(self, edge: Edge, doubt: Sequence[Interval], *, lively: bool) -> None:
        """Ask about doubts in one page, if they have waited long enough and there is a request to spend."""
        moment, patience, end = time.monotonic(), self._patience(edge.series), doubt[-1].end
        shown = any(patience.until <= open_time < end for open_time in edge.shown_times)
        if edge.series in self.asking or not patience.is_over(end, moment, lively=lively, shown=shown):
            return
        if self.allowance.take(moment):
            patience.asked(end, moment)
            start = doubt[0].start
            window = Interval(start, min(end, start + self.source.page * edge.series.step))
            task = asyncio.create_task(self._ask(edge, window, silent=lively and not shown))
            self.asking[edge.series] = task
            task.add_done_callback(lambda _task: self.asking.pop(edge.series, None))

    async def _ask(self, edge: Edge, window: Interval, *, silent: bool) -> None:
        news = Interval(0, 0)

        async def work() -> None:
            nonlocal news
            with asking(Priority.LIVE):
                reply = await ask(self.source, edge.series, window)
            news = await keep_live(self.source, self.wanted[edge.series], reply)
            for known in (news, *reply.doubtful):
                edge.note(known)

        await self.guard.run([edge.series], work)
        self._patience(edge.series).told(news=bool(news), silent=silent)

    def _patience(self, series: Series) -> Patience:
        return self.patience.setdefault(series, Patience())


def _quarantine(connection: Connection, series: Series, refused: Sequence[Refusal]) -> None:
    now = now_us()
    store_page(connection, series, [], Interval(0, 0), now_us=now, refused=len(refused))
    put_away(connection, series, refused, "stream", now)
