"""What a signal may become. Pure: everything it looks at is an argument, and nothing in a signal makes it raise."""

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import TYPE_CHECKING

from shared.market import Market
from shared.trading import Kind, Leg, Order, Side, Signal, client_order_id
from trader.risk.entries import entry_objection
from trader.risk.limits import room
from trader.risk.sense import nonsense
from trader.risk.sizes import floored, on_tick, too_small, wanted

if TYPE_CHECKING:
    from trader.running import Running
    from trader.situation import Situation

#: Enough digits for any amount in any lot; what divides without end is rounded down to a lot anyway.
_EXACT = Context(prec=80)


@dataclass(frozen=True)
class Verdict:
    """An order intent, or the reason there is none; the outcome is kept with the signal.

    `side` is what the signal comes to: that of a signal with a target follows from what is held.
    """

    order: Order | None
    outcome: str
    side: Side = Side.HOLD

    @classmethod
    def refused(cls, why: str, side: Side) -> "Verdict":
        """No order, and why."""
        return cls(None, f"refused: {why}", side)


#: What a decision to hold comes to.
NOTHING_TO_DO = Verdict(None, "hold")


def judge(  # noqa: PLR0911 - one a rule
    signal: Signal,
    situation: "Situation",
    running: "Running",
    candle: int,
    *,
    fresh: bool,
    may_open: bool,
) -> Verdict:
    """Let a signal through as an order intent, or refuse it with the reason.

    New exposure needs the newest candle (`may_open`) of a fresh series on an exchange to rely on, a ticker that agrees,
    the state ACTIVE, and room within every limit; it is cut to the room there is, and the outcome says so. An exit
    needs nothing of this, and one that was missed while nobody looked is made up for: only the market's rules can be
    in its way.
    """
    if signal.is_hold:
        return NOTHING_TO_DO
    if why := nonsense(signal, running.series.symbol, situation.price):
        return Verdict.refused(why, Side.BUY if signal.side is Side.HOLD else signal.side)
    if situation.market is None or situation.price is None:
        return Verdict.refused("the market's rules are not known yet", Side.BUY)
    with localcontext(_EXACT):
        side, amount = wanted(signal, situation, situation.market, situation.price)
        if side is Side.SELL:
            return _exit(signal, amount, situation, running, candle, situation.market)
        if side is Side.HOLD:
            return Verdict(None, "hold: the position is worth its target")
        if why := entry_objection(signal, situation, running.broker, fresh=fresh, may_open=may_open):
            return Verdict.refused(why, side)
        return _entry(signal, amount, situation, running, candle, situation.market)


def _entry(
    signal: Signal, amount: Decimal, situation: "Situation", running: "Running", candle: int, market: Market
) -> Verdict:
    limit = on_tick(signal.limit, Side.BUY, market)
    price = limit or situation.price or Decimal(0)
    free, limited_by = room(situation, market, price)
    cut = amount if free is None else min(amount, floored(free, market))
    if why := too_small(cut, price, market):
        return Verdict.refused(why if cut == amount else f"{limited_by} leaves room for {cut:f} only: {why}", Side.BUY)
    note = "" if cut == amount else f", cut from {amount:f} to {cut:f} by {limited_by}"
    return Verdict(_order(cut, Side.BUY, limit, situation, running, candle), f"ordered{note}", Side.BUY)


def _exit(
    signal: Signal, amount: Decimal, situation: "Situation", running: "Running", candle: int, market: Market
) -> Verdict:
    if any(not each.order.is_entry and each.order.kind is Kind.MARKET for each in situation.waiting):
        return Verdict.refused("an exit is on its way already", Side.SELL)
    if not situation.position.is_open:
        return Verdict.refused(
            "there is nothing to sell" + "; the open entry is taken back" * bool(situation.waiting), Side.SELL
        )
    limit = on_tick(signal.limit, Side.SELL, market)
    cut = amount if market.maximum_amount is None else min(amount, floored(market.maximum_amount, market))
    if why := too_small(cut, limit or situation.price or Decimal(0), market):
        return Verdict.refused(why, Side.SELL)
    note = "" if cut == amount else f", cut from {amount:f} to {cut:f} by the market's largest order"
    return Verdict(_order(cut, Side.SELL, limit, situation, running, candle), f"ordered{note}", Side.SELL)


def _order(
    amount: Decimal, side: Side, limit: Decimal | None, situation: "Situation", running: "Running", candle: int
) -> Order:
    leg: Leg = "entry" if side is Side.BUY else "exit"
    return Order(
        client_order_id=client_order_id(running.id, candle, leg),
        strategy_id=running.id,
        candle=candle,
        leg=leg,
        attempt=1,
        exchange=running.series.exchange,
        symbol=running.series.symbol,
        side=side,
        amount=amount,
        decided_at_us=situation.now_us,
        kind=Kind.MARKET if limit is None else Kind.LIMIT,
        limit_price=limit,
        broker=running.broker,
    )
