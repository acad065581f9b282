"""Trying again: only what may work later, and not for ever if told so."""

import asyncio

import pytest

from backfiller import insist as module
from backfiller.insist import insist
from shared.errors import RepairError, RetryError


class Flaky:
    """Work that fails so many times before it succeeds."""

    def __init__(self, failures: int, error: type[Exception] = RetryError) -> None:
        self.failures, self.error, self.calls = failures, error, 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error("not now")
        return "done"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_SECONDS", 0.0001)


def test_what_may_work_later_is_tried_until_it_works() -> None:
    work = Flaky(4)
    assert asyncio.run(insist(work)) == "done"
    assert work.calls == 5


def test_so_many_attempts_and_no_more() -> None:
    work = Flaky(4)
    with pytest.raises(RetryError, match="not now"):
        asyncio.run(insist(work, attempts=3))
    assert work.calls == 3


def test_without_time_there_is_one_attempt() -> None:
    work = Flaky(1)
    with pytest.raises(RetryError):
        asyncio.run(insist(work, seconds=0))
    assert work.calls == 1


def test_what_needs_a_person_is_not_tried_again() -> None:
    work = Flaky(1, RepairError)
    with pytest.raises(RepairError):
        asyncio.run(insist(work))
    assert work.calls == 1
