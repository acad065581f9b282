"""The rate budget of one exchange: when the next request may leave, and whose it is.

ccxt knows what a request costs; this decides when it goes. One budget serves all series of an exchange: the live edge
first, then history, then probing; within one of these each series in turn.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import IntEnum
from math import inf

#: Of the allowed rate, so much is used at a steady pace; half of the rest may go in a burst, after a quiet moment or
#: a late timer. So no window of the exchange, wherever it begins, sees more than is allowed.
_STEADY, _BURST = 0.98, 0.01


class Priority(IntEnum):
    """Who goes first."""

    LIVE = 0
    HISTORY = 1
    PROBE = 2


_priority: ContextVar[Priority] = ContextVar("priority", default=Priority.HISTORY)


@contextmanager
def asking(priority: Priority) -> Iterator[None]:
    """Requests made within, also by tasks begun within, have this priority."""
    token = _priority.set(priority)
    try:
        yield
    finally:
        _priority.reset(token)


def current_priority() -> Priority:
    """The priority of what is being asked here."""
    return _priority.get()


@dataclass
class Bucket:
    """How much may be sent now. Pure: times are seconds of any clock that does not step, costs are ccxt's units.

    It begins empty, so that a process that is restarted again and again does not begin with a burst each time.
    """

    rate: float
    window: float
    level: float = 0.0
    at: float | None = None
    _pace: float = inf
    _pace_ends: float = -inf

    @property
    def steady(self) -> float:
        """Units a second in the long run."""
        return self.rate * _STEADY

    def wait(self, cost: float, now: float) -> float:
        """Seconds until a request of this cost may leave; 0 means now."""
        self._refill(cost, now)
        if self.level >= cost - 1e-9:
            return 0.0
        pace = self._current(now)
        if now < self._pace_ends:
            return min((cost - self.level) / pace if pace else inf, self._pace_ends - now)
        return (cost - self.level) / pace

    def take(self, cost: float) -> None:
        """It leaves."""
        self.level -= cost

    def give_back(self, cost: float) -> None:
        """It did not leave after all."""
        self.level += cost

    def slow(self, left: float, seconds: float, now: float) -> None:
        """The exchange has so much left for us in its window, which ends in so many seconds."""
        self._refill(0.0, now)
        self._pace = min(max(left, 0.0) / max(seconds, 0.001), self.steady)
        self._pace_ends = now + seconds
        self.level = min(self.level, max(left, 0.0))

    def _current(self, now: float) -> float:
        return min(self.steady, self._pace) if now < self._pace_ends else self.steady

    def _refill(self, cost: float, now: float) -> None:
        """Up to a burst more than what is wanted now: a request dearer than that must be able to leave, too."""
        begin, self.at = self.at if self.at is not None else now, now
        slowed = min(max(self._pace_ends - begin, 0.0), now - begin)
        gained = slowed * min(self.steady, self._pace) if slowed else 0.0
        gained += (now - begin - slowed) * self.steady
        most = self.rate * self.window * _BURST + cost
        self.level = max(self.level, min(self.level + gained, most))


@dataclass
class Queue:
    """Who waits: by priority, within one the keys in turn, within a key in order."""

    _waiting: dict[Priority, dict[str, deque[tuple[float, "asyncio.Future[None]"]]]] = field(
        default_factory=lambda: {priority: {} for priority in Priority}
    )

    def add(self, priority: Priority, key: str, cost: float) -> "asyncio.Future[None]":
        """Stand in line; done when it is this one's turn."""
        future = asyncio.get_running_loop().create_future()
        self._waiting[priority].setdefault(key, deque()).append((cost, future))
        return future

    def first(self) -> tuple[Priority, str, float] | None:
        """Whose turn it is, and the cost; who has given up is forgotten."""
        for priority, lines in self._waiting.items():
            for key in list(lines):
                while lines[key] and lines[key][0][1].done():
                    lines[key].popleft()
                if lines[key]:
                    return priority, key, lines[key][0][0]
                del lines[key]
        return None

    def serve(self, priority: Priority, key: str) -> None:
        """Let the first of this line go; the line is the last one now."""
        line = self._waiting[priority].pop(key)
        line.popleft()[1].set_result(None)
        if line:
            self._waiting[priority][key] = line


class Budget:
    """Turns, given out at the rate that is allowed. `units_per_second` is infinite for no limit at all."""

    def __init__(self, units_per_second: float, window: float = 1.0) -> None:
        """`window` is the exchange's, in seconds: within any such time it counts what we send."""
        self.bucket = Bucket(units_per_second, window)
        self._queue = Queue()
        self._server: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    async def turn(self, cost: float, key: str) -> None:
        """Return when a request of this cost may leave; its cost is spent then."""
        if self.bucket.rate == inf:
            return
        future = self._queue.add(current_priority(), key, cost)
        self._news.set()
        if self._server is None or self._server.done():
            self._server = asyncio.create_task(self._serve())
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.give_back(cost)
            raise

    def give_back(self, cost: float) -> None:
        """A turn was not used."""
        if self.bucket.rate != inf:
            self.bucket.give_back(cost)

    def slow(self, left: float, seconds: float) -> None:
        """Spread what the exchange has left for us over the rest of its window; others may use it, too."""
        if self.bucket.rate != inf:
            self.bucket.slow(left, seconds, asyncio.get_running_loop().time())
            self._news.set()

    async def _serve(self) -> None:
        """As long as somebody waits. Who comes later but is more urgent is seen at once."""
        now = asyncio.get_running_loop().time
        while first := self._queue.first():
            priority, key, cost = first
            if wait := self.bucket.wait(cost, now()):
                self._news.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), wait)
                continue
            self.bucket.take(cost)
            self._queue.serve(priority, key)
            await asyncio.sleep(0)
