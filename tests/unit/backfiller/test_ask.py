"""Several windows are fetched at once; their replies come in order."""

import asyncio
from contextlib import aclosing

from backfiller.ask import Reply, in_order
from shared.market import Interval

WINDOWS = [Interval(n, n + 1) for n in range(6)]


class Exchange:
    """Takes so many turns of the event loop for each window, and counts how many it is asked at once."""

    def __init__(self, *turns: int) -> None:
        self.turns = turns
        self.flying = self.most = self.asked = self.cancelled = 0

    async def fetch(self, window: Interval) -> Reply:
        self.asked += 1
        self.flying += 1
        self.most = max(self.most, self.flying)
        try:
            for _ in range(self.turns[window.start]):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.flying -= 1
        return Reply(window, [], None, 0, [], 0)


def test_replies_come_in_the_order_of_the_windows_though_several_fly() -> None:
    exchange = Exchange(9, 8, 7, 3, 2, 1)

    async def collect() -> list[Interval]:
        return [reply.window async for reply in in_order(WINDOWS, exchange.fetch, ahead=3)]

    assert asyncio.run(collect()) == WINDOWS
    assert exchange.most == 3


def test_who_has_seen_enough_calls_off_what_still_flies() -> None:
    exchange = Exchange(1, 50, 50, 50, 50, 50)

    async def first_only() -> None:
        async with aclosing(in_order(WINDOWS, exchange.fetch, ahead=3)) as replies:
            async for _ in replies:
                await asyncio.sleep(0)
                break

    asyncio.run(first_only())
    assert (exchange.asked, exchange.cancelled, exchange.flying) == (3, 2, 0)
