"""Closing a position without asking the strategy: stop, target, the operator's wish, the rest of an exit. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from shared.market import Market, Ticker
from shared.trading import (
    Kind,
    Leg,
    OpenOrder,
    Order,
    Position,
    Protection,
    Report,
    Side,
    Status,
    client_order_id,
    floor_to_step,
)

if TYPE_CHECKING:
    from trader.running import Running
    from trader.situation import Situation

#: (candle, leg) -> how many attempts there were, and when the last one was decided (us).
Attempts = Mapping[tuple[int, str], tuple[int, int]]

_PAUSE_US, _LONGEST_PAUSE_US = 1_000_000, 60_000_000


def is_tradable(position: Position, market: Market | None) -> bool:
    """Whether a holding is enough to be closed; what is less is dust that a fee in the base asset left."""
    if market is None:
        return position.is_open
    return floor_to_step(abs(position.amount), market.amount_step) >= max(market.minimum_amount, market.amount_step)


def is_closing(waiting: OpenOrder) -> bool:
    """Whether an order closes the position at any price; one that waits at its limit stands in nobody's way."""
    return not waiting.order.is_entry and waiting.order.kind is Kind.MARKET


def reached(protection: Protection, ticker: Ticker) -> Leg | None:
    """Whether a long position's stop or target is reached by what it could be sold for now."""
    if protection.stop_price is not None and ticker.bid <= protection.stop_price:
        return "stop"
    if protection.take_profit is not None and ticker.bid >= protection.take_profit:
        return "target"
    return None


def closing_order(
    running: "Running",
    situation: "Situation",
    protection: Protection | None,
    attempts: Attempts,
    *,
    flatten: int | None,
) -> Order | None:
    """The market order that closes the whole position now; None if nothing asks for it, or one is on its way.

    `flatten` is the candle the operator's wish goes with. After a refused attempt the next one waits, longer each
    time.
    """
    if any(is_closing(waiting) for waiting in situation.waiting):
        return None
    leg, candle = _why(protection, situation.ticker, flatten)
    if leg is None or situation.market is None or not is_tradable(situation.books.position, situation.market):
        return None
    tried, at_us = attempts.get((candle, leg), (0, 0))
    if tried and situation.now_us - at_us < min(_PAUSE_US * 2 ** min(tried, 10), _LONGEST_PAUSE_US):
        return None
    position = situation.books.position
    amount = floor_to_step(abs(position.amount), situation.market.amount_step)
    side = Side.SELL if position.amount > 0 else Side.BUY
    return _order(running, candle, leg, tried + 1, side, amount, situation.now_us)


def remainder(
    running: "Running",
    order: Order,
    report: Report,
    left: Decimal,
    position: Position,
    market: Market | None,
    now_us: int,
) -> Order | None:
    """What an exit still wants to close after it was cancelled part-way; None if that is nothing, or too little."""
    if order.leg not in ("exit", "remainder") or report.status is not Status.CANCELLED or left == order.amount:
        return None
    if market is None or not is_tradable(position, market):
        return None
    amount = floor_to_step(min(left, abs(position.amount)), market.amount_step)
    if amount < max(market.minimum_amount, market.amount_step):
        return None
    attempt = order.attempt + 1 if order.leg == "remainder" else 1
    return _order(running, order.candle, "remainder", attempt, order.side, amount, now_us)


def _why(protection: Protection | None, ticker: Ticker | None, flatten: int | None) -> tuple[Leg | None, int]:
    if flatten is not None:
        return "flatten", flatten
    if protection is None or ticker is None:
        return None, 0
    return reached(protection, ticker), protection.candle


def _order(running: "Running", candle: int, leg: Leg, attempt: int, side: Side, amount: Decimal, now_us: int) -> Order:
    return Order(
        client_order_id=client_order_id(running.id, candle, leg, attempt),
        strategy_id=running.id,
        candle=candle,
        leg=leg,
        attempt=attempt,
        exchange=running.series.exchange,
        symbol=running.series.symbol,
        side=side,
        amount=amount,
        decided_at_us=now_us,
        broker=running.broker,
    )
