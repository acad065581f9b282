"""Which orders are not wanted any more. Pure."""

from typing import TYPE_CHECKING

from shared.trading import Kind, OpenOrder, Order, Side, State, Status
from trader.risk.limits import crowded

if TYPE_CHECKING:
    from trader.situation import Situation


#: Later than anything.
_NEVER = 2**63 - 1


def last_moment(waiting: OpenOrder, patience_ms: float) -> int:
    """Until when (us) an order may still be filled: an entry at the market goes stale with its decision."""
    order = waiting.order
    if not order.is_entry or order.kind is Kind.LIMIT:
        return _NEVER
    return order.decided_at_us + int(patience_ms * 1000)


def unwanted(waiting: OpenOrder, situation: "Situation", patience_ms: float) -> str | None:
    """Why an order is let go of; an exit only if another one takes its place, one at the market never.

    An entry is let go of when the position shall be closed, no exposure may be taken any more, or it waited too long.
    While it is `new` it has not reached the market: then any state but ACTIVE holds it back, and so do entries of
    other strategies that were let in at the same moment and are too much for the desk together with it.
    """
    order = waiting.order
    if successor := _successor(order, situation):
        return f"overtaken by a later {successor.leg}"
    if not order.is_entry:
        return None
    state, is_new = situation.state, waiting.status is Status.NEW
    if state.state is State.HALTED or (is_new and state.state is not State.ACTIVE):
        return state.words
    newest = situation.newest_signal
    if newest is not None and newest[0] > order.candle and newest[1] is Side.SELL:
        return "the strategy has changed its mind"
    if situation.now_us > last_moment(waiting, patience_ms):
        return "no price came in time: the decision is stale"
    return crowded(situation) if is_new else None


def _successor(order: Order, situation: "Situation") -> Order | None:
    """An order that closes the position, where this one would open it, or wait at its limit to close it.

    Later is what goes with a later candle: the wall clock may have been set back since.
    """
    if not order.is_entry and order.kind is Kind.MARKET:
        return None
    exits = (each.order for each in situation.waiting if not each.order.is_entry)
    later = (each for each in exits if order.is_entry or each.kind is Kind.MARKET or each.candle > order.candle)
    return next(later, None)
