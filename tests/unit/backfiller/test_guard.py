"""What a job's error means for the rest of the service."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest

from backfiller.guard import Guard
from shared.errors import ExchangeStoppedError, RepairError, RetryError, StopError
from shared.market import Series

BTC, ETH = Series("binance", "BTC/USDT", "1m"), Series("binance", "ETH/USDT", "1m")


class Books:
    """Counts what is written."""

    written = 0

    async def write(self, work: object) -> None:
        self.written += 1


def with_guard(use: Callable[[Guard], Coroutine[Any, Any, None]]) -> Guard:
    async def used() -> Guard:
        stop = asyncio.get_running_loop().create_future()
        guard = Guard(cast("Any", Books()), frozenset({BTC, ETH}), {}, stop)
        await use(guard)
        return guard

    return asyncio.run(used())


def failing(error: Exception) -> Callable[[], Coroutine[Any, Any, None]]:
    async def work() -> None:
        raise error

    return work


@pytest.mark.parametrize("error", [RetryError("later"), ValueError("a mistake in one job")])
def test_what_fails_now_runs_again_later(error: Exception) -> None:
    guard = with_guard(lambda guard: guard.run([BTC], failing(error)))
    assert guard.stopped == {}
    assert not guard.stop.done()


def test_a_series_that_needs_a_person_stops_and_the_others_go_on() -> None:
    guard = with_guard(lambda guard: guard.run([BTC], failing(RepairError("no such market"))))
    assert guard.stopped == {BTC: "no such market"}
    assert cast("Any", guard.store).written == 1
    assert not guard.stop.done()


def test_a_stopped_series_is_left_alone() -> None:
    async def use(guard: Guard) -> None:
        await guard.run([BTC], failing(RepairError("no such market")))
        await guard.run([BTC], failing(StopError("not reached")))

    assert not with_guard(use).stop.done()


def test_when_no_series_is_left_the_service_stops_and_says_why() -> None:
    async def use(guard: Guard) -> None:
        await guard.run([BTC], failing(RepairError("no market 'BTC/USDT'")))
        await guard.run([ETH], failing(RepairError("no market 'ETH/USDT'")))

    guard = with_guard(use)
    assert str(guard.stop.exception()) == "no series can be collected: no market 'BTC/USDT'; no market 'ETH/USDT'"


def test_what_stops_one_job_for_good_stops_the_service() -> None:
    guard = with_guard(lambda guard: guard.run([], failing(StopError("the disk is read-only"))))
    assert str(guard.stop.exception()) == "the disk is read-only"


@pytest.mark.parametrize("error", [RepairError("no such market"), ExchangeStoppedError("the key is not valid")])
def test_what_concerns_no_series_in_particular_stops_none(error: Exception) -> None:
    guard = with_guard(lambda guard: guard.run([], failing(error)))
    assert guard.stopped == {}
    assert cast("Any", guard.store).written == 0


def test_asked_to_stop_twice_it_stops_once() -> None:
    async def use(guard: Guard) -> None:
        guard.end()
        guard.end(StopError("too late"))

    assert with_guard(use).stop.result() is None


def test_an_exchange_that_lets_us_in_no_longer_stops_all_of_its_series_and_no_others() -> None:
    kraken = Series("kraken", "BTC/USD", "1m")

    async def use(guard: Guard) -> None:
        guard.series = frozenset({BTC, ETH, kraken})
        await guard.run([BTC], failing(ExchangeStoppedError("the key is not valid")))

    guard = with_guard(use)
    assert guard.stopped == dict.fromkeys((BTC, ETH), "the key is not valid")
    assert cast("Any", guard.store).written == 3
    assert not guard.stop.done()


def test_a_series_whose_market_is_back_goes_on() -> None:
    done = []

    async def collect() -> None:
        done.append(BTC)

    async def use(guard: Guard) -> None:
        await guard.run([BTC], failing(RepairError("delisted")))
        await guard.run([BTC], collect)
        await guard.resume(BTC)
        await guard.run([BTC], collect)

    assert with_guard(use).stopped == {}
    assert done == [BTC]
