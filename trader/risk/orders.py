"""Which orders are not wanted any more. Pure."""

from typing import TYPE_CHECKING

from shared.trading import Kind, OpenOrder, State

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
    """Why an entry is let go of: it waited too long, or no exposure may be taken any more. An exit never is."""
    if not waiting.order.is_entry:
        return None
    if situation.state.state is State.HALTED:
        return f"halted: {situation.state.reason}"
    if situation.now_us > last_moment(waiting, patience_ms):
        return "no price came in time: the decision is stale"
    return None
