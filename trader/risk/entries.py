"""Why no new exposure may be taken now, whatever its size. Pure."""

from decimal import Decimal
from typing import TYPE_CHECKING

from shared.market import Ticker
from shared.trading import BrokerName, Signal, State
from trader.risk.guards import pausing
from trader.risk.limits import lost_too_much, scopes, too_fast

if TYPE_CHECKING:
    from trader.situation import Situation


def entry_objection(
    signal: Signal, situation: "Situation", broker: BrokerName, *, fresh: bool, may_open: bool
) -> str | None:
    """The first thing that speaks against an entry; None if nothing does."""
    if not may_open:
        return "a newer candle is known"
    if situation.waiting:
        return "an order is still open"
    if situation.state.state is not State.ACTIVE:
        return situation.state.words
    if situation.objection or not fresh:
        return situation.objection or "the series is stale"
    return (
        _price_objection(signal, situation, broker)
        or lost_too_much(situation)
        or pausing(situation)
        or too_fast(situation)
    )


def _price_objection(signal: Signal, situation: "Situation", broker: BrokerName) -> str | None:
    """Whether what the decision goes by, and its limit, lie where the market is.

    On paper an order waits for a ticker by itself; a live one would be sent without any.
    """
    ticker = situation.ticker
    if ticker is None:
        return "no ticker has come yet" if broker == "live" else None
    age_us = situation.now_us - ticker.received_at_us
    for whose, limits, _ in scopes(situation):
        if age_us > limits.ticker_seconds * 1e6:
            return f"{whose}ticker_seconds {limits.ticker_seconds:g}: the last ticker is {age_us / 1e6:.0f} s old"
        for name, price in (("close", situation.price), ("limit", signal.limit)):
            if price is not None and limits.price_band is not None and _distance(price, ticker) > limits.price_band:
                return (
                    f"{whose}price_band {limits.price_band:.2%}: the {name} {price:f} is"
                    f" {_distance(price, ticker):.2%} from the ticker's {_middle(ticker):f}"
                )
    return None


def _distance(price: Decimal, ticker: Ticker) -> Decimal:
    return abs(price / _middle(ticker) - 1)


def _middle(ticker: Ticker) -> Decimal:
    return (ticker.bid + ticker.ask) / 2
