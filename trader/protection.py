"""Closing a position without asking the strategy: its stop, its target, the operator's wish. Pure."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.market import Market, Ticker
from shared.trading import Leg, Order, Position, Protection, Side, client_order_id, floor_to_step

if TYPE_CHECKING:
    from trader.running import Running
    from trader.situation import Situation


def is_tradable(position: Position, market: Market | None) -> bool:
    """Whether a holding is enough to be closed; what is less is dust that a fee in the base asset left."""
    if market is None:
        return position.is_open
    return floor_to_step(abs(position.amount), market.amount_step) >= max(market.minimum_amount, market.amount_step)


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
    ticker: Ticker | None,
    used: Mapping[tuple[int, str], int],
    now_us: int,
    *,
    flatten: int | None,
) -> Order | None:
    """The market order that closes the position now; None if nothing asks for it, or one is on its way.

    `flatten` is the candle the operator's wish goes with; `used` counts the attempts so far of each (candle, leg).
    """
    position, market = situation.books.position, situation.market
    if market is None or not is_tradable(position, market) or situation.waiting:
        return None
    leg, candle = _why(protection, ticker, flatten)
    if leg is None:
        return None
    attempt = used.get((candle, leg), 0) + 1
    return Order(
        client_order_id=client_order_id(running.id, candle, leg, attempt),
        strategy_id=running.id,
        candle=candle,
        leg=leg,
        attempt=attempt,
        exchange=running.series.exchange,
        symbol=running.series.symbol,
        side=Side.SELL if position.amount > 0 else Side.BUY,
        amount=floor_to_step(abs(position.amount), market.amount_step),
        decided_at_us=now_us,
        broker=running.broker,
    )


def _why(protection: Protection | None, ticker: Ticker | None, flatten: int | None) -> tuple[Leg | None, int]:
    if flatten is not None:
        return "flatten", flatten
    if protection is None or ticker is None:
        return None, 0
    return reached(protection, ticker), protection.candle
