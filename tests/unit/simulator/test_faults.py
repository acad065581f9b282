from collections.abc import Iterator
from dataclasses import replace
from itertools import repeat

import pytest

from simulator.faults import (
    PAGE_KINDS,
    Fault,
    clock_offset_ms,
    closes_websockets,
    decide,
    fault_from,
    publication,
)
from simulator.market.revisions import Publication


def rolls(*numbers: float) -> Iterator[float]:
    yield from numbers
    yield from repeat(0.0)


def suffered(faults: tuple[Fault, ...], path: str = "/api/v3/klines", now_ms: int = 0, *dice: float) -> str | None:
    thrown = rolls(*dice)
    return decide(faults, path, now_ms, lambda: next(thrown))[0].name


def test_a_fault_applies_to_the_paths_it_names() -> None:
    faults = (Fault("drop", paths="klines"),)
    assert suffered(faults) == "drop"
    assert suffered(faults, "/api/v3/time") is None


def test_a_fault_ends_when_its_time_is_over() -> None:
    fault = fault_from({"kind": "server_error", "seconds": 5}, now_ms=1_000)
    assert suffered((fault,), now_ms=5_999) == "server_error"
    assert suffered((fault,), now_ms=6_000) is None


def test_a_fault_ends_when_it_was_used_up() -> None:
    faults: tuple[Fault, ...] = (Fault("drop", count=2),)
    seen = []
    for _ in range(3):
        verdict, faults = decide(faults, "/", 0, lambda: 0.0)
        seen.append(verdict.name)
    assert seen == ["drop", "drop", None]
    assert faults == ()


def test_a_share_is_drawn_per_request() -> None:
    faults = (Fault("drop", share=0.3),)
    assert suffered(faults, "/", 0, 0.29) == "drop"
    assert suffered(faults, "/", 0, 0.30) is None


def test_latencies_add_up_and_come_on_top_of_another_fault() -> None:
    verdict, _ = decide((Fault("latency", ms=100), Fault("drop"), Fault("latency", ms=50)), "/", 0, lambda: 0.0)
    assert verdict.delay_ms == 150
    assert verdict.fault == Fault("drop")


def test_a_ban_gets_longer_with_each_request_that_ignores_it() -> None:
    faults: tuple[Fault, ...] = (fault_from({"kind": "ban", "seconds": 10}, now_ms=0),)
    waits = []
    for _ in range(4):
        verdict, faults = decide(faults, "/", 0, lambda: 0.0)
        assert verdict.fault is not None
        waits.append(verdict.fault.retry_after_s(0))
    assert waits == [10, 10, 20, 30]


def test_a_ban_that_is_heeded_ends_on_time() -> None:
    faults: tuple[Fault, ...] = (fault_from({"kind": "ban", "seconds": 10}, now_ms=0),)
    _, faults = decide(faults, "/", 0, lambda: 0.0)
    assert suffered(faults, now_ms=10_000) is None


def test_a_ban_never_lasts_more_than_three_days() -> None:
    ban = replace(fault_from({"kind": "ban", "seconds": 100_000}, now_ms=0), ignored=50)
    verdict, _ = decide((ban,), "/", 0, lambda: 0.0)
    assert verdict.fault is not None
    assert verdict.fault.retry_after_s(0) == 3 * 24 * 3600


def test_standing_faults_do_nothing_to_a_request() -> None:
    faults = (Fault("clock_offset", ms=5000), Fault("late_candles", ms=2000), Fault("websocket_close"))
    assert suffered(faults) is None
    assert clock_offset_ms(faults, 0) == 5000
    assert publication(faults, 0) == Publication(late_ms=2000)
    assert closes_websockets(faults, 0)


def test_texts_from_the_command_line_become_numbers() -> None:
    fault = fault_from({"kind": "rate_limit", "share": "0.5", "seconds": "2", "count": "3"}, now_ms=0)
    assert (fault.share, fault.count, fault.until_ms) == (0.5, 3, 2000)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "earthquake"}, "unknown fault 'earthquake'"),
        ({}, "unknown fault None"),
        ({"kind": "drop", "colour": "red"}, "unknown key 'colour'"),
        ({"kind": "drop", "share": "often"}, "are numbers"),
    ],
)
def test_an_impossible_fault_is_refused_with_what_is_known(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fault_from(given, now_ms=0)


def test_a_fault_of_pages_waits_for_a_request_that_can_suffer_it() -> None:
    faults: tuple[Fault, ...] = (Fault("bad_rows", count=1),)
    verdict, faults = decide(faults, "/time", 0, lambda: 0.0)
    assert verdict.fault is None
    verdict, faults = decide(faults, "/candles", 0, lambda: 0.0, PAGE_KINDS)
    assert verdict.name == "bad_rows"
    assert not faults[0].active(0)
