"""Decisions; those to do nothing wait for one another for a moment: one commit is enough for all of their cursors."""

from dataclasses import dataclass

from shared.clock import boot_us
from shared.trading import Side, Signal
from trader.risk import Verdict
from trader.running import Running

#: A commit's cost is shared by enough of them then; and the write lock is held for milliseconds.
_MOST, _LONGEST_US = 50, 50_000


@dataclass(frozen=True)
class Decision:
    """What a strategy decided on a candle (ms) that closed at `price`, and what may come of it. Nothing is written."""

    running: Running
    candle: int
    signal: Signal
    price: float
    verdict: Verdict

    @property
    def is_hold(self) -> bool:
        """Whether only the cursor moves."""
        return self.signal.side is Side.HOLD


class Holds:
    """Those of one round. Until they are entered their candles count as not decided on: losing them loses nothing."""

    def __init__(self) -> None:
        self._waiting: list[Decision] = []
        self._since_us = 0

    def add(self, decision: Decision) -> None:
        """One more; the first begins the wait."""
        if not self._waiting:
            self._since_us = boot_us()
        self._waiting.append(decision)

    @property
    def are_due(self) -> bool:
        """Whether they should wait no longer."""
        return bool(self._waiting) and (len(self._waiting) >= _MOST or boot_us() - self._since_us >= _LONGEST_US)

    def take(self) -> list[Decision]:
        """All of them, to be entered now."""
        taken, self._waiting = self._waiting, []
        return taken
