"""The last look before a request that changes something leaves.

ccxt waits for its turn and signs after it was called; what was true then need not be true any more. So its `fetch`
asks here, with nothing but the network behind it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from shared.errors import RetryError


class NotSentError(RetryError):
    """The request was held back: the exchange has not seen it."""


class Passage:
    """One request's way out; `objection` says at the last moment why it must stay, None: it may leave.

    `has_left` tells afterwards whether the exchange may have seen it.
    """

    def __init__(self, objection: Callable[[], str | None]) -> None:
        self._objection = objection
        self.has_left = False

    def pass_through(self) -> None:
        """NotSentError if it must stay. Once out it never goes a second time."""
        if self.has_left:
            raise NotSentError("not sent: a request for an order leaves only once")
        if reason := self._objection():
            raise NotSentError(f"not sent: {reason}")
        self.has_left = True


_passage: ContextVar[Passage | None] = ContextVar("passage", default=None)


@contextmanager
def leaving(passage: Passage) -> Iterator[None]:
    """What is sent within, other than mere questions, goes through this passage."""
    token = _passage.set(passage)
    try:
        yield
    finally:
        _passage.reset(token)


def guard(exchange: Any) -> None:
    """Have a ccxt client ask before it sends anything."""
    fetch = exchange.fetch

    async def guarded(url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        passage = _passage.get()
        if passage and method != "GET":
            passage.pass_through()
        return await fetch(url, method, headers, body)

    exchange.fetch = guarded
