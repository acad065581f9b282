"""What a signal may become. Pure: everything it looks at is an argument."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from shared.market import Market
from shared.trading import Kind, Leg, Order, Side, Signal, State, client_order_id, floor_to_step

if TYPE_CHECKING:
    from trader.running import Running
    from trader.situation import Situation

#: Part of the cash an entry leaves alone, so that the price may move a little until the order is filled.
CASH_RESERVE = Decimal("0.01")


@dataclass(frozen=True)
class Verdict:
    """An order intent, or the reason there is none; the outcome is kept with the signal."""

    order: Order | None
    outcome: str


def judge(
    signal: Signal,
    situation: "Situation",
    running: "Running",
    candle: int,
    *,
    fresh: bool,
    newest: bool,
    may_open: bool,
) -> Verdict:
    """Let a signal through as an order intent, or refuse it with the reason.

    New exposure needs the newest candle of a fresh series on an exchange to rely on, in the state ACTIVE, within
    every limit; an exit only needs the newest candle.
    """
    if signal.side is Side.HOLD and signal.target is None:
        return Verdict(None, "hold")
    refusal = _refusal(signal, situation, fresh=fresh, newest=newest, may_open=may_open)
    if refusal or situation.market is None or situation.price is None:
        return Verdict(None, f"refused: {refusal}")
    amount = _amount(signal, situation, situation.market)
    if amount <= 0 or amount * situation.price < situation.market.minimum_cost:
        return Verdict(None, f"refused: {amount} is less than the market's smallest order")
    leg: Leg = "entry" if signal.side is Side.BUY else "exit"
    order = Order(
        client_order_id=client_order_id(running.id, candle, leg),
        strategy_id=running.id,
        candle=candle,
        leg=leg,
        attempt=1,
        exchange=running.series.exchange,
        symbol=running.series.symbol,
        side=signal.side,
        amount=amount,
        decided_at_us=situation.now_us,
        kind=Kind.MARKET if signal.limit is None else Kind.LIMIT,
        limit_price=signal.limit,
        broker=running.broker,
    )
    return Verdict(order, "ordered")


def _refusal(  # noqa: PLR0911 - one a rule
    signal: Signal, situation: "Situation", *, fresh: bool, newest: bool, may_open: bool
) -> str | None:
    if signal.flaw:
        return signal.flaw
    is_entry = signal.side is Side.BUY
    if not (may_open if is_entry else newest):
        return "a newer candle is known"
    if situation.waiting:
        return "an order is still open"
    if situation.market is None:
        return "the market's rules are not known yet"
    if is_entry and situation.state.state is not State.ACTIVE:
        return f"{situation.state.state.value}: {situation.state.reason}"
    if is_entry and (situation.objection or not fresh):
        return situation.objection or "the series is stale"
    if not is_entry and not situation.position.is_open:
        return "there is nothing to sell"
    return None


def _amount(signal: Signal, situation: "Situation", market: Market) -> Decimal:
    if signal.side is Side.SELL:
        wanted = situation.books.position.amount * signal.size
    else:
        cash = situation.books.free * signal.size * (1 - CASH_RESERVE)
        wanted = cash / ((situation.price or Decimal(1)) * (1 + situation.costs))
    return floor_to_step(wanted, market.amount_step)
