import asyncio
from typing import Any

import pytest

from shared.exchange.guard import NotSentError, Passage, guard, leaving


class Wire:
    """Counts what reaches the network, as ccxt's own `fetch` would bring it there."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> str:
        self.sent.append(method)
        return "answer"


def sent(objection: str | None, *methods: str) -> tuple[list[str], Passage, Exception | None]:
    wire, passage = Wire(), Passage(lambda: objection)
    guard(wire)

    async def ask() -> None:
        with leaving(passage):
            for method in methods:
                await wire.fetch("https://exchange.example", method)

    try:
        asyncio.run(ask())
    except NotSentError as error:
        return wire.sent, passage, error
    return wire.sent, passage, None


def test_a_request_without_an_objection_leaves() -> None:
    wire, passage, error = sent(None, "POST")
    assert (wire, passage.has_left, error) == (["POST"], True, None)


def test_an_objection_keeps_a_request_here() -> None:
    wire, passage, error = sent("the lease ran out", "GET", "POST")
    assert (wire, passage.has_left) == (["GET"], False)
    assert str(error) == "not sent: the lease ran out"


def test_no_order_leaves_twice_even_if_the_client_tries_again() -> None:
    wire, passage, error = sent(None, "POST", "POST")
    assert (wire, passage.has_left) == (["POST"], True)
    assert error is not None


def test_what_is_asked_outside_a_passage_is_left_alone() -> None:
    wire = Wire()
    guard(wire)
    assert asyncio.run(wire.fetch("https://exchange.example", "POST")) == "answer"


def test_a_passage_is_closed_again_behind_its_request() -> None:
    wire, passage = Wire(), Passage(lambda: "closed")
    guard(wire)

    async def ask() -> None:
        with pytest.raises(NotSentError), leaving(passage):
            await wire.fetch("https://exchange.example", "DELETE")
        await wire.fetch("https://exchange.example", "DELETE")

    asyncio.run(ask())
    assert wire.sent == ["DELETE"]
