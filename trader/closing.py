"""Closing a position without asking the strategy: stop, target, the operator's wish, the rest of an exit. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
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
from trader.risk.sizes import too_small

if TYPE_CHECKING:
    from trader.running import Running
    from trader.situation import Situation

#: (candle, leg) -> how many attempts there were, and when the last one was decided (us), 0 if it got something.
Attempts = Mapping[tuple[int, str], tuple[int, int]]

_PAUSE_US, _LONGEST_PAUSE_US = 1_000_000, 60_000_000
_LONGEST_WAIT_US = 10_000_000


def is_tradable(position: Position, market: Market | None) -> bool:
    """Whether a holding is enough to be closed; what is less is dust that a fee in the base asset left."""
    if market is None:
        return position.is_open
    return floor_to_step(abs(position.amount), market.amount_step) >= max(market.minimum_amount, market.amount_step)


def is_closing(waiting: OpenOrder) -> bool:
    """Whether an order closes the position at any price; one that waits at its limit stands in nobody's way."""
    return not waiting.order.is_entry and waiting.order.kind is Kind.MARKET


def takes_too_much(order: Order, position: Position) -> bool:
    """Whether an order that closes would close more than is there: another exit was filled since it was decided."""
    return not order.is_entry and order.amount > -order.side.sign * position.amount


def waits_for_another(order: Order, waiting: Iterable[OpenOrder], now_us: int) -> bool:
    """Whether an exit is not sent yet: another one is still to be taken back, and both would sell more than is held.

    Not for long: what can't be taken back, because nobody answers for it, must not keep a stop from being sent.
    """
    if order.is_entry or not 0 <= now_us - order.decided_at_us < _LONGEST_WAIT_US:
        return False
    return any(not each.order.is_entry and each.status is not Status.NEW for each in waiting)


def is_pausing(order: Order, now_us: int) -> bool:
    """Whether the rest of an exit waits before its next attempt, longer each time."""
    return order.leg == "remainder" and _pauses(order.attempt - 1, order.decided_at_us, now_us)


def is_under_way(waiting: OpenOrder, now_us: int) -> bool:
    """Whether an order closes the position, and does not pause: a stop does not wait for what was refused so often."""
    return is_closing(waiting) and not (waiting.status is Status.NEW and is_pausing(waiting.order, now_us))


def closable(amount: Decimal, position: Position, market: Market | None, ticker: Ticker | None) -> Decimal:
    """How much of an amount one order can close: no more than is held, or than the market takes at once.

    0 if that is less than the market takes, or worth less at what it could be had for now.
    """
    if market is None or not is_tradable(position, market):
        return Decimal(0)
    most = abs(position.amount) if market.maximum_amount is None else min(abs(position.amount), market.maximum_amount)
    closing = floor_to_step(min(amount, most), market.amount_step)
    if ticker is None:
        return closing if closing >= max(market.minimum_amount, market.amount_step) else Decimal(0)
    price = ticker.bid if position.amount > 0 else ticker.ask
    return Decimal(0) if too_small(closing, price, market) else closing


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
    """The market order that closes the position now; None if nothing asks for it, or one is on its way.

    `flatten` is the candle the operator's wish goes with. It closes as much as one order may. After a refused attempt
    the next one waits, longer each time.
    """
    if any(is_under_way(waiting, situation.now_us) for waiting in situation.waiting):
        return None
    leg, candle = _why(protection, situation.ticker, flatten)
    position = situation.books.position
    amount = closable(abs(position.amount), position, situation.market, situation.ticker)
    if leg is None or not amount:
        return None
    tried, at_us = attempts.get((candle, leg), (0, 0))
    if _pauses(tried, at_us, situation.now_us):
        return None
    return Order(
        client_order_id=client_order_id(running.id, candle, leg, tried + 1),
        strategy_id=running.id,
        candle=candle,
        leg=leg,
        attempt=tried + 1,
        exchange=running.series.exchange,
        symbol=running.series.symbol,
        side=Side.SELL if position.amount > 0 else Side.BUY,
        amount=amount,
        decided_at_us=situation.now_us,
        broker=running.broker,
    )


def remainder(
    order: Order, report: Report, left: Decimal, position: Position, situation: "Situation", now_us: int
) -> Order | None:
    """What an exit still wants to close after it ended without that; None if that is nothing, or too little.

    It goes on as it was meant, at the market or at its limit; also if nothing of it was filled, because it never
    arrived or was refused: the strategy has decided, and need not decide the same again.
    """
    if order.leg not in ("exit", "remainder") or report.status not in (Status.CANCELLED, Status.REJECTED):
        return None
    amount = closable(left, position, situation.market, situation.ticker)
    if not amount or position.amount * order.side.sign > 0:
        return None
    attempt = order.attempt + 1 if order.leg == "remainder" else 1
    return replace(
        order,
        client_order_id=client_order_id(order.strategy_id, order.candle, "remainder", attempt),
        leg="remainder",
        attempt=attempt,
        amount=amount,
        decided_at_us=now_us,
    )


def _pauses(tried: int, at_us: int, now_us: int) -> bool:
    """After so many attempts, the last one at `at_us`; a clock that was set back since makes nothing wait."""
    return tried > 0 and 0 <= now_us - at_us < min(_PAUSE_US * 2 ** min(tried, 10), _LONGEST_PAUSE_US)


def _why(protection: Protection | None, ticker: Ticker | None, flatten: int | None) -> tuple[Leg | None, int]:
    if flatten is not None:
        return "flatten", flatten
    if protection is None or ticker is None:
        return None, 0
    return reached(protection, ticker), protection.candle
