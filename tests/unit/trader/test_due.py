"""Which candles a strategy has to decide on."""

import pytest

from trader.due import due, is_fresh


def test_a_new_strategy_begins_with_the_newest_candle() -> None:
    assert due(None, [60_000, 120_000], replay=500) == [120_000]


def test_without_a_newer_candle_nothing_is_due() -> None:
    assert due(60_000, [], replay=500) == []
    assert due(None, [], replay=500) == []


def test_missed_candles_are_made_up_for_in_order() -> None:
    assert due(60_000, [120_000, 180_000, 240_000], replay=500) == [120_000, 180_000, 240_000]


def test_after_a_long_absence_only_the_newest_are_made_up_for() -> None:
    assert due(0, [60_000, 120_000, 180_000, 240_000], replay=2) == [180_000, 240_000]


@pytest.mark.parametrize(
    ("seconds_late", "fresh"),
    [(0, True), (179, True), (180, True), (181, False), (86_400, False)],
)
def test_a_minute_candle_is_fresh_for_three_minutes_after_its_close(seconds_late: int, fresh: bool) -> None:
    closed_at = 1_700_000_040_000
    candle = closed_at - 60_000
    assert is_fresh(candle, 60_000, closed_at + seconds_late * 1000, stale_candles=3, stale_seconds=10) is fresh


def test_a_second_candle_has_at_least_the_configured_seconds() -> None:
    assert is_fresh(0, 1_000, 1_000 + 10_000, stale_candles=3, stale_seconds=10)
    assert not is_fresh(0, 1_000, 1_000 + 10_001, stale_candles=3, stale_seconds=10)
