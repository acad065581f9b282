"""Shut for a while after the exchange has said "too many requests": a ban grows when it is ignored."""

import time
from typing import Protocol


class Gate(Protocol):
    """The cool-down of one exchange. It is looked at immediately before each request leaves."""

    def left(self) -> float:
        """Seconds until requests are allowed; 0 or less: now."""

    def shut(self, seconds: float, reason: str) -> None:
        """Let nobody through for so long; a longer cool-down that runs already goes on."""


class OwnGate:
    """A gate that only this process knows of; see `shared.candles.exchanges` for one that all share."""

    def __init__(self) -> None:
        self._opens = 0.0

    def left(self) -> float:
        """Seconds until requests are allowed."""
        return self._opens - time.monotonic()

    def shut(self, seconds: float, reason: str) -> None:  # noqa: ARG002 - a stored gate keeps it
        """Let nobody through for so long."""
        self._opens = max(self._opens, time.monotonic() + seconds)
