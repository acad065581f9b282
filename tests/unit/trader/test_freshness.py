"""How old a market may be to act on."""

import pytest

from trader.freshness import exchange_objection, is_fresh, patience


def test_patience_is_some_candles_but_at_least_some_seconds() -> None:
    assert patience(60_000, stale_candles=3, stale_seconds=10) == 180_000
    assert patience(1_000, stale_candles=3, stale_seconds=10) == 10_000


@pytest.mark.parametrize(
    ("seconds_late", "fresh"),
    [(0, True), (179, True), (180, True), (181, False), (86_400, False)],
)
def test_a_minute_candle_is_fresh_for_three_minutes_after_its_close(seconds_late: int, fresh: bool) -> None:
    closed_at = 1_700_000_040_000
    candle = closed_at - 60_000
    assert is_fresh(candle, 60_000, closed_at + seconds_late * 1000, patience_ms=180_000) is fresh


@pytest.mark.parametrize(
    ("offset", "objects"), [(None, False), (0, False), (2_000, False), (-2_001, True), (2_001, True)]
)
def test_an_exchange_whose_clock_is_too_far_off_is_objected_to(offset: int | None, objects: bool) -> None:
    assert (exchange_objection("binance", "collecting", "", offset, 2_000) is not None) is objects


def test_an_objection_names_the_offset_and_what_to_do() -> None:
    assert exchange_objection("binance", "collecting", "", -5_400, 2_000) == (
        "binance's clock is -5400 ms from this host's, more than 2000 ms: check this host's time service"
    )
    assert exchange_objection("binance", "stopped", "the key is wrong", 0, 2_000) == (
        "binance is stopped: the key is wrong"
    )
