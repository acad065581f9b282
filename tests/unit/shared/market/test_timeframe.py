"""Timeframes have one length each."""

import pytest

from shared.market import TIMEFRAMES, timeframe_ms


@pytest.mark.parametrize(
    ("timeframe", "length"),
    [("1s", 1_000), ("1m", 60_000), ("15m", 900_000), ("1h", 3_600_000), ("1d", 86_400_000)],
)
def test_a_timeframe_has_a_length_in_milliseconds(timeframe: str, length: int) -> None:
    assert timeframe_ms(timeframe) == length


def test_every_timeframe_divides_the_day_so_that_its_candles_open_on_a_grid_from_1970() -> None:
    assert all(TIMEFRAMES["1d"] % length == 0 for length in TIMEFRAMES.values())


def test_the_timeframes_are_listed_from_short_to_long() -> None:
    assert list(TIMEFRAMES.values()) == sorted(set(TIMEFRAMES.values()))


@pytest.mark.parametrize("timeframe", ["7m", "", "1M", "1w", "60"])
def test_an_unknown_timeframe_is_refused_with_the_known_ones_named(timeframe: str) -> None:
    with pytest.raises(ValueError, match=r"unknown timeframe .* known are 1s, 1m, .* 1d"):
        timeframe_ms(timeframe)
