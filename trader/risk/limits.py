"""How much room the limits leave for an entry, and which losses are too much. Pure."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from shared.config import RiskSettings
from shared.market import Market
from shared.trading import Lately, Mark, State

if TYPE_CHECKING:
    from trader.situation import Situation

#: How far the worth of what is held may have moved past a limit between two looks.
_SLACK = Decimal("1.01")


def scopes(situation: "Situation") -> tuple[tuple[str, RiskSettings, Lately], tuple[str, RiskSettings, Lately]]:
    """The same limits twice: the strategy's own, and those of the desk."""
    return ("", situation.limits, situation.lately), ("the desk's ", situation.desk, situation.desk_lately)


def room(situation: "Situation", market: Market, price: Decimal) -> tuple[Decimal | None, str]:
    """The largest amount of base that every limit lets in at `price`, and which limit that is; None without any."""
    rooms = [found for each in scopes(situation) for found in _rooms(*each, price)]
    if market.maximum_amount is not None:
        rooms.append((market.maximum_amount, "the market's largest order"))
    return min(rooms, key=lambda found: found[0]) if rooms else (None, "")


def too_fast(situation: "Situation") -> str | None:
    """Whether the minute has seen as many orders as it may."""
    for whose, limits, lately in scopes(situation):
        if limits.orders_per_minute is not None and lately.orders >= limits.orders_per_minute:
            return f"{whose}orders_per_minute: {lately.orders} within the last minute"
    return None


def crowded(situation: "Situation") -> str | None:
    """Whether entries let in at the same moment, each alone within the desk's limits, are too much together."""
    limits, lately = situation.desk, situation.desk_lately
    if limits.max_position is not None and lately.amount > limits.max_position:
        return f"the desk's max_position {limits.max_position:f}: {lately.amount:f} with what is on its way"
    if limits.max_exposure is not None and lately.exposure > limits.max_exposure * _SLACK:
        return f"the desk's max_exposure {limits.max_exposure:f}: {lately.exposure:.2f} with what is on its way"
    return None


def lost_too_much(situation: "Situation") -> str | None:
    """Whether a loss is beyond its limit now, be it noted as a state yet or not."""
    for whose, limits, lately in scopes(situation):
        if lately.mark and (found := breach(lately.mark, limits)):
            return f"{whose}{found[1]}"
    return None


def breach(mark: Mark, limits: RiskSettings) -> tuple[State, str] | None:
    """Which state a loss calls for, and why: a drawdown halts, a day's loss only lets nothing new in."""
    if limits.max_drawdown is not None and mark.drawdown >= limits.max_drawdown:
        told = _told("max_drawdown", limits.max_drawdown, mark.drawdown)
        return State.HALTED, f"{told} of the highest equity {mark.peak_equity:.2f} is gone"
    if limits.max_daily_loss is not None and mark.daily_loss >= limits.max_daily_loss:
        told = _told("max_daily_loss", limits.max_daily_loss, mark.daily_loss)
        return State.REDUCING, f"{told} of the day's first equity {mark.day_equity:.2f} is gone"
    return None


def _rooms(whose: str, limits: RiskSettings, lately: Lately, price: Decimal) -> Iterator[tuple[Decimal, str]]:
    if limits.max_order is not None:
        yield limits.max_order / price, f"{whose}max_order {limits.max_order:f}"
    if limits.max_position is not None:
        yield limits.max_position - lately.amount, f"{whose}max_position {limits.max_position:f}"
    if limits.max_exposure is not None:
        yield (limits.max_exposure - lately.exposure) / price, f"{whose}max_exposure {limits.max_exposure:f}"


def _told(name: str, limit: Decimal, found: Decimal) -> str:
    return f"{name} {limit:.2%}: {found:.2%}"
