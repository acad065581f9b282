"""What is the matter with exchanges, as an operator is told: on the terminal and on the page alike. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from console import words
from shared.overview import ExchangeView, Overview


class Trouble(NamedTuple):
    """Of an exchange: what it is in two words, and why. `is_bad` if it does not pass by itself."""

    exchange: str
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
