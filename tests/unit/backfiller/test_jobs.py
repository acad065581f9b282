"""Jobs run at the close of candles, by UTC."""

from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.triggers.cron import CronTrigger

from backfiller.jobs import at_close
from shared.market import TIMEFRAMES, timeframe_ms


@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_every_close_of_a_candle_fires_and_nothing_else_does(timeframe: str) -> None:
    step = timedelta(milliseconds=timeframe_ms(timeframe))
    trigger = CronTrigger(**at_close(timeframe_ms(timeframe)), timezone=UTC)
    moment = datetime(2024, 2, 28, 22, 59, 58, tzinfo=UTC)
    expected = datetime(2024, 2, 28, tzinfo=UTC)
    while expected < moment:
        expected += step
    fired: datetime | None = None
    for _ in range(60):
        fired = trigger.get_next_fire_time(fired, fired or moment)
        assert fired == expected
        expected += step


def test_a_minute_closes_in_second_zero() -> None:
    assert at_close(60_000) == {"minute": "*/1", "second": 0}
