"""What a signal may become. Pure: everything it looks at is an argument."""

from dataclasses import dataclass
from decimal import Decimal

from shared.market import Market, Series
from shared.trading import Books, Order, Side, Signal, client_order_id, floor_to_step

#: Part of the cash an entry leaves alone, so that the price may move a little until the order is filled.
CASH_RESERVE = Decimal("0.01")


@dataclass(frozen=True)
class Situation:
    """What is known when a signal is judged.

    `price` is the close it was decided on, `costs` what fee and slippage add to it, as a fraction. `objection` is
    what speaks against new exposure on the exchange.
    """

    books: Books
    market: Market | None
    price: Decimal
    costs: Decimal
    fresh: bool
    newest: bool
    order_open: bool
    objection: str | None = None


@dataclass(frozen=True)
class Verdict:
    """An order intent, or the reason there is none; the outcome is kept with the signal."""

    order: Order | None
    outcome: str


def judge(signal: Signal, situation: Situation, strategy_id: str, series: Series, candle: int, now_us: int) -> Verdict:
    """Let a signal through as an order intent, or refuse it with the reason.

    New exposure needs the newest candle of a fresh series on an exchange to rely on; an exit only needs the newest
    candle.
    """
    if signal.side is Side.HOLD:
        return Verdict(None, "hold")
    refusal = _refusal(signal, situation)
    if refusal or situation.market is None:
        return Verdict(None, f"refused: {refusal}")
    amount = _amount(signal, situation, situation.market)
    if amount <= 0 or amount * situation.price < situation.market.minimum_cost:
        return Verdict(None, f"refused: {amount} is less than the market's smallest order")
    leg = "entry" if signal.side is Side.BUY else "exit"
    order = Order(
        client_order_id=client_order_id(strategy_id, candle, leg),
        strategy_id=strategy_id,
        candle=candle,
        leg=leg,
        attempt=1,
        exchange=series.exchange,
        symbol=series.symbol,
        side=signal.side,
        amount=amount,
        decided_at_us=now_us,
    )
    return Verdict(order, "ordered")


def _refusal(signal: Signal, situation: Situation) -> str | None:
    if not situation.newest:
        return "a newer candle is known"
    if situation.order_open:
        return "an order is still open"
    if situation.market is None:
        return "the market's rules are not known yet"
    if signal.side is Side.BUY and (situation.objection or not situation.fresh):
        return situation.objection or "the series is stale"
    if signal.side is Side.SELL and not situation.books.position.is_open:
        return "there is nothing to sell"
    return None


def _amount(signal: Signal, situation: Situation, market: Market) -> Decimal:
    if signal.side is Side.SELL:
        wanted = situation.books.position.amount * signal.size
    else:
        cash = situation.books.cash * signal.size * (1 - CASH_RESERVE)
        wanted = cash / (situation.price * (1 + situation.costs))
    return floor_to_step(wanted, market.amount_step)
