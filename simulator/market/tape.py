"""Which trades of a market a client sees: those of an outage never happened."""

from simulator.market.market import Market
from simulator.market.timeframe import MINUTE_MS
from simulator.market.trades import A_MINUTE, NS, Traded, Trades


def trades_after(market: Market, since_ns: int, count: int, now_ms: int) -> Trades:
    """The oldest `count` trades after `since` that happened before `now`."""
    source = _source(market)
    start_ms, minutes = max(since_ns // NS, source.since_ms), count // A_MINUTE + 2
    while True:
        end_ms = min(start_ms + minutes * MINUTE_MS, now_ms)
        found = source.trades(start_ms, end_ms).without(market.outages)
        found = found[found.time_ns > since_ns][:count]
        if len(found) == count or end_ms >= now_ms:
            return found
        minutes *= 2


def newest_trades(market: Market, count: int, now_ms: int) -> Trades:
    """The newest `count` trades before `now`."""
    source, minutes = _source(market), count // A_MINUTE + 2
    while True:
        start_ms = max(now_ms - minutes * MINUTE_MS, source.since_ms)
        found = source.trades(start_ms, now_ms).without(market.outages)[-count:]
        if len(found) == count or start_ms <= source.since_ms:
            return found
        minutes *= 2


def _source(market: Market) -> Traded:
    source = market.source
    if not isinstance(source, Traded):
        raise TypeError(f"{market.traded.symbol} is not made of trades")
    return source
