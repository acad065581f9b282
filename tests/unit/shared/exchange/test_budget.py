"""When a request may leave, and whose it is."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.exchange.budget import Bucket, Budget, Priority, asking, current_priority

RATE, WINDOW = 20.0, 60.0  # Binance: 1200 units a minute


def sent(bucket: Bucket, costs: list[float], pauses: list[float]) -> list[tuple[float, float]]:
    """When requests leave that come one after another, each a while after the last one left: (time, cost)."""
    now, left = 0.0, list[tuple[float, float]]()
    for cost, pause in zip(costs, pauses, strict=True):
        now += pause
        while wait := bucket.wait(cost, now):
            now += wait
        bucket.take(cost)
        left.append((now, cost))
    return left


REQUESTS = some.lists(
    some.tuples(some.sampled_from([0.2, 0.4, 1.0, 4.0, 10.0]), some.floats(0, 5) | some.just(0.0)), max_size=400
)


@given(REQUESTS)
def test_no_window_wherever_it_begins_sees_more_than_is_allowed(requests: list[tuple[float, float]]) -> None:
    left = sent(Bucket(RATE, WINDOW), [cost for cost, _ in requests], [pause for _, pause in requests])
    for start, _ in left:
        within = sum(cost for time, cost in left if start <= time < start + WINDOW)
        assert within <= RATE * WINDOW


def test_whoever_always_has_something_to_ask_uses_over_95_percent() -> None:
    left = sent(Bucket(RATE, WINDOW), [0.4] * 6_000, [0.0] * 6_000)
    assert sum(cost for time, cost in left if time < 120) >= 0.95 * RATE * 120


def test_a_late_timer_is_made_up_for() -> None:
    bucket, now, spent = Bucket(29.4, 1.0), 0.0, 0.0
    while now < 60:
        while wait := bucket.wait(1.0, now):
            now += wait + 0.004
        bucket.take(1.0)
        spent += 1
    assert spent >= 0.95 * 29.4 * 60


def test_a_request_dearer_than_the_burst_leaves_too() -> None:
    assert sent(Bucket(1.0, 1.0), [20.0], [0.0])[0][0] == pytest.approx(20 / 0.98)


def test_what_others_have_used_is_spread_over_the_rest_of_the_window() -> None:
    bucket = Bucket(RATE, WINDOW)
    bucket.wait(0.4, 0.0)
    bucket.slow(left=60.0, seconds=30.0, now=0.0)
    left = sent(bucket, [0.4] * 300, [0.0] * 300)
    assert sum(cost for time, cost in left if time < 29.9) == pytest.approx(60, abs=1)
    assert sum(cost for time, cost in left if 30 <= time < 31) > 0.95 * RATE


def test_when_nothing_is_left_nothing_leaves_before_the_next_window() -> None:
    bucket = Bucket(RATE, WINDOW)
    bucket.slow(left=-5.0, seconds=12.0, now=0.0)
    assert sent(bucket, [0.4], [0.0])[0][0] == pytest.approx(12.02, abs=0.01)


async def ask(budget: Budget, priority: Priority, key: str, order: list[str], cost: float = 1.0) -> None:
    with asking(priority):
        await budget.turn(cost, key)
    order.append(key)


def test_the_live_edge_goes_first_then_history_then_probing() -> None:
    async def all_at_once() -> list[str]:
        budget, order = Budget(500.0), list[str]()
        waiting = [ask(budget, priority, priority.name, order) for priority in reversed(Priority) for _ in range(3)]
        await asyncio.gather(*waiting)
        return order

    assert asyncio.run(all_at_once()) == ["LIVE"] * 3 + ["HISTORY"] * 3 + ["PROBE"] * 3


def test_a_new_series_does_not_starve_the_others() -> None:
    async def all_at_once() -> list[str]:
        budget, order = Budget(500.0), list[str]()
        keys = ["new"] * 20 + ["old", "older"]
        await asyncio.gather(*(ask(budget, Priority.HISTORY, key, order) for key in keys))
        return order

    assert set(asyncio.run(all_at_once())[:3]) == {"new", "old", "older"}


def test_a_live_request_that_comes_late_waits_for_one_request_at_most() -> None:
    async def history_first() -> list[str]:
        budget, order = Budget(200.0), list[str]()
        history = [asyncio.create_task(ask(budget, Priority.HISTORY, "history", order)) for _ in range(40)]
        await asyncio.wait(history[:5], return_when=asyncio.ALL_COMPLETED)
        await ask(budget, Priority.LIVE, "live", order)
        await asyncio.gather(*history)
        return order

    assert asyncio.run(history_first()).index("live") <= 6


def test_who_gives_up_loses_nothing_for_the_others() -> None:
    async def given_up() -> list[str]:
        budget, order = Budget(100.0), list[str]()
        tasks = [asyncio.create_task(ask(budget, Priority.HISTORY, key, order)) for key in "abc"]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return order

    assert asyncio.run(given_up()) == ["b", "c"]


def test_without_a_limit_nobody_waits() -> None:
    async def many() -> int:
        budget = Budget(float("inf"))
        for _ in range(10_000):
            await budget.turn(100.0, "x")
        return 10_000

    assert asyncio.run(many()) == 10_000


def test_a_priority_holds_for_what_is_begun_within() -> None:
    async def inner() -> Priority:
        return current_priority()

    async def outer() -> tuple[Priority, Priority]:
        with asking(Priority.LIVE):
            task = asyncio.create_task(inner())
        return await task, current_priority()

    assert asyncio.run(outer()) == (Priority.LIVE, Priority.HISTORY)
