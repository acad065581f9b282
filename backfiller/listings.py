"""Whether an exchange still has the markets that are collected: they are delisted, renamed, halted, and come back."""

from collections.abc import Sequence
from functools import partial

from backfiller.guard import Guard
from backfiller.insist import insist
from backfiller.plan import Wanted
from backfiller.source import Source
from shared.errors import RepairError
from shared.exchange import MarketState, market_state
from shared.market import Series


async def watch_listings(source: Source, guard: Guard, wanted: Sequence[Wanted]) -> None:
    """Look which of the series the exchange still has, and go on with those it has again; to be done hourly.

    A market that is gone stops its series, whose status names the nearest markets; what is stored stays. Whatever else
    stopped a series is for a person to look at, and stays so.
    """
    for position, each in enumerate(wanted):
        series = each.series
        look = partial(market_state, source.client, series.symbol, reload=position == 0)
        state = await insist(look, source.attempts)
        if state.state != "listed":
            source.unlisted.add(series)
            await guard.run([series], partial(_stop, gone(series, state)))
        elif series in source.unlisted:
            source.unlisted.discard(series)
            await guard.resume(series)


async def look_again(source: Source, series: Series) -> None:
    """The exchange said it has no such market: RepairError that names the nearest ones, if its new list agrees."""
    if series not in source.unlisted:
        state = await market_state(source.client, series.symbol, reload=True)
        source.unlisted.add(series)
        if state.state != "listed":
            raise gone(series, state)


def gone(series: Series, state: MarketState) -> RepairError:
    """What to say of a market that can't be collected."""
    near = ", ".join(state.near) or "see the exchange's list of markets"
    if state.state == "inactive":
        return RepairError(f"{series}: {series.exchange} does not trade {series.symbol} any more, or has halted it")
    return RepairError(f"{series}: {series.exchange} lists no {series.symbol} (any more); renamed? near: {near}")


async def _stop(error: RepairError) -> None:
    raise error
