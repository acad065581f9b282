"""What an exchange refuses when an order arrives. Pure."""

from decimal import Decimal

from shared.market import Market
from shared.trading import Order


def refusal(order: Order, price: Decimal, market: Market) -> str | None:
    """Which of the market's rules an order breaks, in words like an exchange's; None if it keeps them all.

    `price` is the limit, or what an order at the market would get.
    """
    amount, limit = order.amount, order.limit_price
    if amount % market.amount_step:
        return f"lot size: {amount} is no multiple of {market.amount_step}"
    if amount < market.minimum_amount:
        return f"lot size: {amount} is less than {market.minimum_amount}, the smallest amount of an order"
    if market.maximum_amount is not None and amount > market.maximum_amount:
        return f"lot size: {amount} is more than {market.maximum_amount}, the largest amount of an order"
    if limit is not None and limit % market.price_tick:
        return f"price filter: {limit} is no multiple of {market.price_tick}"
    if amount * price < market.minimum_cost:
        return f"notional: {amount} at {price} is less than {market.minimum_cost}, the smallest order"
    return None
