"""Guards: pauses after exits, of one strategy or of the whole desk. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from shared.config import RiskSettings
from shared.trading import RecentTrade
from trader.risk.limits import scopes

if TYPE_CHECKING:
    from trader.situation import Situation

_MINUTE_US = 60_000_000


def look_back_us(limits: RiskSettings) -> int:
    """How far back trades can matter; 0 if no guard is set."""
    pauses = [limits.cooldown_minutes]
    if limits.stops is not None:
        pauses.append(limits.stops_minutes + limits.pause_minutes)
    if limits.low_profit is not None:
        pauses.append(limits.low_profit_minutes + limits.pause_minutes)
    return int(max(pauses) * _MINUTE_US)


def pausing(situation: "Situation") -> str | None:
    """Which guard lets no entry in now, and for how long."""
    for whose, limits, lately in scopes(situation):
        exits = [trade for trade in lately.trades if trade.is_exit]
        for until, why in (_cooling(exits, limits), _stopped(exits, limits), _unprofitable(lately.trades, limits)):
            if until > situation.now_us:
                return f"{whose}{why}; entries pause {_minutes(until - situation.now_us)} more"
    return None


def _cooling(exits: Sequence[RecentTrade], limits: RiskSettings) -> tuple[int, str]:
    if not exits:
        return 0, ""
    return exits[0].executed_at_us + int(limits.cooldown_minutes * _MINUTE_US), "cooldown_minutes after an exit"


def _stopped(exits: Sequence[RecentTrade], limits: RiskSettings) -> tuple[int, str]:
    """A stop in several fills is one stop."""
    stops = [trade for trade in exits if trade.leg == "stop"]
    if limits.stops is None or not stops:
        return 0, ""
    newest = stops[0].executed_at_us
    since = newest - int(limits.stops_minutes * _MINUTE_US)
    count = len({trade.client_order_id for trade in stops if trade.executed_at_us > since})
    if count < limits.stops:
        return 0, ""
    return newest + int(limits.pause_minutes * _MINUTE_US), f"stops: {count} in {_minutes(newest - since)}"


def _unprofitable(trades: Sequence[RecentTrade], limits: RiskSettings) -> tuple[int, str]:
    """Profit after all fees, those of entries included, as a fraction of what the exits brought in."""
    exits = [trade for trade in trades if trade.is_exit]
    if limits.low_profit is None or not exits:
        return 0, ""
    newest = exits[0].executed_at_us
    since = newest - int(limits.low_profit_minutes * _MINUTE_US)
    counted = [trade for trade in trades if since < trade.executed_at_us <= newest]
    profit = sum((trade.realized_pnl for trade in counted), Decimal(0))
    profit /= sum((trade.cost for trade in counted if trade.is_exit), Decimal(0))
    if profit >= limits.low_profit:
        return 0, ""
    until = newest + int(limits.pause_minutes * _MINUTE_US)
    return until, f"low_profit {limits.low_profit:.2%}: {profit:.2%} in {_minutes(newest - since)}"


def _minutes(us: int) -> str:
    return f"{us / _MINUTE_US:.0f} min" if us >= _MINUTE_US else f"{us / 1e6:.0f} s"
