"""How quickly a backup goes: flat out where nobody else has work, and slower the more it is held up by others."""

import time
from collections.abc import Callable

_LONGEST_SECONDS = 0.5


class Pace:
    """Called after every step of some megabytes; rests as long as others held that step up.

    The quickest step so far tells how long one takes where nobody does. What `go_on` raises ends the work.
    """

    def __init__(
        self,
        go_on: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._go_on = go_on
        self._clock = clock
        self._sleep = sleep
        self._quickest = float("inf")
        self._since = clock()

    def __call__(self) -> None:
        """A step is done."""
        self._go_on()
        took = self._clock() - self._since
        self._quickest = min(self._quickest, took)
        self._sleep(rest_seconds(took, self._quickest))
        self._since = self._clock()


def rest_seconds(took: float, quickest: float) -> float:
    """How long to rest after a step that took so long, where the quickest took `quickest`."""
    held_up = took - 2 * quickest
    return min(max(held_up, 0.0), _LONGEST_SECONDS)
