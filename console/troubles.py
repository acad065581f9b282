"""What holds exchanges, the desk and strategies back, as an operator is told: on the terminal and on the page. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from console import words
from shared.overview import ExchangeView, Overview
from shared.trading import State, StateRow


class Trouble(NamedTuple):
    """Of an exchange, the desk or a strategy: what it is in few words, and why. `is_bad` if it needs somebody."""

    whose: str
    what: str
    why: str
    is_bad: bool


def exchange_troubles(overview: Overview, clock_limits: Mapping[str, int]) -> list[Trouble]:
    """Of those exchanges that are configured: each has its clock's limit, ms."""
    return [
        trouble
        for view in overview.exchanges
        if view.exchange in clock_limits
        for trouble in _troubles(view, clock_limits[view.exchange])
    ]


def held_back(overview: Overview) -> list[StateRow]:
    """The desk's state and those that strategies have of their own, where they let in less than everything."""
    own = [
        StateRow(view.strategy_id, State(view.status), view.source, view.reason)
        for view in overview.strategies
        if view.source != "desk"
    ]
    return [row for row in (overview.desk, *own) if row.state is not State.ACTIVE]


def _troubles(view: ExchangeView, clock_limit_ms: int) -> list[Trouble]:
    found = []
    if view.state == "stopped":
        found.append(Trouble(view.exchange, "stopped", brief(view.reason), is_bad=True))
    if view.state == "cooling":
        why = f"{words.duration(view.cooldown_ms)} more; {brief(view.reason)}"
        found.append(Trouble(view.exchange, "cools down", why, is_bad=False))
    if view.clock_alarm(clock_limit_ms):
        why = f"its clock is {words.offset(view.clock_offset_ms)} from this host's; no new exposure is taken there"
        found.append(Trouble(view.exchange, "clock alarm", why, is_bad=True))
    return found


def brief(reason: str) -> str:
    """Its first line, and its last: the error at the end of a traceback."""
    lines = [line.strip() for line in reason.splitlines() if line.strip()]
    return " ".join(lines[:1] + lines[1:][-1:]) or "no reason was given"
