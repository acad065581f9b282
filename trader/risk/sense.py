"""Signals that make no sense. Pure."""

from decimal import Decimal

from shared.trading import Side, Signal


def nonsense(signal: Signal, symbol: str, price: Decimal | None) -> str | None:
    """What is wrong with a signal of a strategy that trades `symbol`, in the words of a refusal; None if nothing.

    `price` is the close it was decided on, None if that is not known.
    """
    if signal.flaw:
        return signal.flaw
    if signal.symbol is not None and signal.symbol != symbol:
        return f"it is for {signal.symbol}, which is not configured: this strategy trades {symbol}"
    return None if signal.side is Side.SELL else _misplaced(signal, signal.limit or price)


def _misplaced(signal: Signal, price: Decimal | None) -> str | None:
    """A long position's stop lies below what it is bought for, its target above."""
    if price is None:
        return None
    if signal.stop is not None and signal.stop >= price:
        return f"its stop {signal.stop:f} is not below the price {price:f}"
    if signal.take_profit is not None and signal.take_profit <= price:
        return f"its take_profit {signal.take_profit:f} is not above the price {price:f}"
    return None
