"""Candles that an exchange no longer hands out, made again from the trades it still does."""

from functools import partial

from sqlalchemy import Connection

from backfiller import plan
from backfiller.collect import fill
from backfiller.insist import insist
from backfiller.source import Source
from shared.candles import store_page, unreachable
from shared.clock import now_us
from shared.exchange import Priority, RawTrade, asking, fetch_trades_page, offers_trade_history, start_cursor
from shared.market import Aggregate, Candle, Interval, Series, Trade, merge

#: So many candles are written at once.
_CANDLES = 500


async def rebuild(source: Source, wanted: plan.Wanted) -> None:
    """Make what can't be had as candles out of trades, oldest first, where the exchange offers all of them.

    It asks only when nobody else has anything to ask. What is written is covered, and no longer unreachable, in one
    transaction: after a kill it goes on from there.
    """
    if not offers_trade_history(source.client.id):
        return
    series = wanted.series
    settled = wanted.settled(source.client.now(), source.settle_ms)
    for part in merge(source.store.read(partial(unreachable, series=series))):
        lost = Interval(max(part.start, settled.start), min(part.end, settled.end))
        if lost and series not in source.stopped:
            with asking(Priority.PROBE):
                await _rebuild(source, wanted, lost)


async def _rebuild(source: Source, wanted: plan.Wanted, lost: Interval) -> None:
    """Until a trade after its end is seen. If none comes the trades were cut short: what is left stays unreachable.

    It may take hours: what the live edge leaves to history meanwhile is fetched in between.
    """
    series = wanted.series
    aggregate, cursor = Aggregate(series.step, lost.start), start_cursor(lost.start)
    kept, candles = lost.start, list[Candle]()
    while kept < lost.end:
        # One of the same moment as the last may have had no place: pages overlap, and nothing counts twice.
        overlap = str(int(cursor) - 1)
        page = await insist(partial(fetch_trades_page, source.client, series.symbol, overlap), source.attempts)
        candles += aggregate.add(map(_trade, page.trades))
        until, ends = min(aggregate.known_until, lost.end), page.cursor == cursor or not page.trades
        if until > kept and (until == lost.end or ends or len(candles) >= _CANDLES):
            inside = [candle for candle in candles if candle.timestamp < lost.end]
            await _keep(source, series, inside, Interval(kept, until))
            kept, candles = until, []
            with asking(Priority.HISTORY):
                await fill(source, wanted)
        if ends:
            return
        cursor = page.cursor


async def _keep(source: Source, series: Series, candles: list[Candle], coverage: Interval) -> None:
    """One transaction: the candles, that they are covered, and that they are unreachable no more."""

    def write(connection: Connection) -> int:
        return store_page(connection, series, candles, coverage, now_us=now_us())

    inserted = await insist(partial(source.store.write_unhurried, write, source.pause_seconds), source.attempts)
    source.progress.note(series, coverage, inserted, history=True)


def _trade(raw: RawTrade) -> Trade:
    """With the exchange's number where it has one: of trades at the same time the lower one came first."""
    return Trade(raw.time_ns, int(raw.id) if raw.id.isdecimal() else 0, raw.price, raw.amount)
