"""Which series of an exchange are followed by its stream, and the tasks that do it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from backfiller.asking import Allowance
from backfiller.edge import Edge
from backfiller.guard import Guard
from backfiller.live import Live
from backfiller.plan import Wanted
from backfiller.source import Source
from backfiller.tickers import Quotes, listed
from shared.config import ExchangeSettings
from shared.exchange import can_stream, ends_with_message, watch_candles, watch_tickers

_REQUESTS_SHARE = 0.8
_AGAIN_SECONDS = 1.0


def follow(
    source: Source, guard: Guard, wanted: Sequence[Wanted], exchange: ExchangeSettings, tasks: set["asyncio.Task[None]"]
) -> tuple[Live | None, Quotes]:
    """Begin to follow an exchange's stream, if it has one and may be used; None where REST does it all.

    The tasks that do it are added to `tasks`, for the service to end them.
    """
    client, quotes = source.client, Quotes()
    followed = {each.series: each for each in wanted if each.end is None}
    if exchange.live == "rest" or not followed or not can_stream(client):
        return None, quotes
    live = Live(
        source,
        guard,
        partial(watch_candles, client),
        followed,
        {s: Edge(s, source.outbox.rings[s], ends_with_message=ends_with_message(client)) for s in followed},
        Allowance(exchange.rate_share * _REQUESTS_SHARE * 1_000 / client.ccxt.rateLimit),
        int(exchange.close_seconds * 1_000),
    )
    symbols = sorted({series.symbol for series in followed})

    async def listen() -> None:
        if there := listed(source, symbols):
            await quotes.listen(partial(watch_tickers, client), there)

    tasks |= {asyncio.create_task(live.run()), asyncio.create_task(_again_and_again(guard, listen))}
    return live, quotes


async def _again_and_again(guard: Guard, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await guard.run([], work)
        await asyncio.sleep(_AGAIN_SECONDS)
