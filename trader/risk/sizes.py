"""How much a signal asks for, in the market's own steps. Pure."""

from decimal import Decimal
from typing import TYPE_CHECKING

from shared.market import Market, base_of
from shared.trading import Side, Signal, floor_to_step

if TYPE_CHECKING:
    from trader.situation import Situation

ZERO = Decimal(0)
#: Part of the cash an entry leaves alone, so that the price may move a little until the order is filled.
CASH_RESERVE = Decimal("0.01")


def wanted(signal: Signal, situation: "Situation", market: Market, price: Decimal) -> tuple[Side, Decimal]:
    """Side and amount, in whole lots; HOLD if the position is as near to its target as the market's rules allow."""
    held = situation.books.position.amount
    if signal.target is None:
        amount = held * signal.size if signal.side is Side.SELL else _affordable(signal, situation, signal.size)
        return signal.side, floored(amount, market)
    if signal.target == 0:
        side = Side.SELL if situation.position.is_open or situation.waiting else Side.HOLD
        return side, floored(held, market)
    missing = situation.books.equity(price) * signal.target / price - held
    amount = floored(min(missing, _affordable(signal, situation, Decimal(1))) if missing > 0 else -missing, market)
    side = Side.BUY if missing > 0 else Side.SELL
    return (Side.HOLD, ZERO) if too_small(amount, price, market) else (side, amount)


def floored(amount: Decimal, market: Market) -> Decimal:
    """The largest tradable amount that is not above; nothing of what is below nothing."""
    return floor_to_step(max(amount, ZERO), market.amount_step)


def on_tick(limit: Decimal | None, side: Side, market: Market) -> Decimal | None:
    """A limit price as the market takes it, never worse than asked: down for a buy, up for a sale."""
    if limit is None:
        return None
    below = floor_to_step(limit, market.price_tick)
    return below if below == limit or (side is Side.BUY and below > 0) else below + market.price_tick


def too_small(amount: Decimal, price: Decimal, market: Market) -> str | None:
    """Why the market would not take so small an order; None if it takes it."""
    smallest = max(market.minimum_amount, market.amount_step)
    if amount >= smallest and amount * price >= market.minimum_cost:
        return None
    return (
        f"{amount:f} {base_of(market.symbol)} is less than the market's smallest order"
        f" ({smallest:f}, worth {market.minimum_cost:f} or more)"
    )


def _affordable(signal: Signal, situation: "Situation", share: Decimal) -> Decimal:
    """What a share of the free cash buys at the limit, else at the price of the decision; fee and slippage included."""
    price = signal.limit or situation.price or Decimal(1)
    return situation.books.free * share * (1 - CASH_RESERVE) / (price * (1 + situation.costs))
