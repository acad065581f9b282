"""What backtrader is fed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from shared.market import Frame, Series
from trader.bt.feed import days, feed
from trader.bt.library import bt
from trader.check.walk import walk

MINUTE = Series("binance", "BTC/USDT", "1m")
NAMES = ("open", "high", "low", "close", "volume", "range")
HISTORY = walk(1_000, seed=5, step=60_000)
HISTORY = HISTORY.with_columns({"range": HISTORY.high - HISTORY.low})


def in_chunks(frame: Frame, *ends: int) -> Iterator[Frame]:
    for start, end in pairwise((0, *ends, len(frame))):
        yield frame.until(end).last(end - start)


class Notes(bt.Strategy):  # type: ignore[misc]
    """Writes down every bar, and the close before it."""

    def __init__(self) -> None:
        self.bars: list[tuple[float, ...]] = []
        self.before: list[float] = []

    def next(self) -> None:
        data = self.data
        self.bars.append((data.datetime[0], *(getattr(data.lines, name)[0] for name in NAMES)))
        if len(data) > 1:
            self.before.append(data.close[-1])


def bars(candles: Any, strategy: type = Notes, **how: Any) -> Any:
    cerebro = bt.Cerebro(stdstats=False, **how)
    cerebro.adddata(candles)
    cerebro.addstrategy(strategy)
    return cerebro.run()[0]


@pytest.mark.parametrize("how", [{}, {"preload": False}, {"runonce": False}, {"exactbars": 1}, {"exactbars": -1}])
def test_every_bar_has_the_candle_s_time_and_values_in_all_of_backtrader_s_modes(how: dict[str, Any]) -> None:
    seen = bars(feed(lambda: in_chunks(HISTORY, 1, 256, 700), MINUTE, ("range",)), **how)
    expected = np.column_stack([days(HISTORY.timestamps), *(HISTORY[name] for name in NAMES)])
    assert np.array_equal(np.array(seen.bars), expected)
    assert seen.before == HISTORY.close[:-1].tolist()


@given(some.dates(date(1970, 1, 1), date(2200, 1, 1)))
@settings(max_examples=3, deadline=None)
def test_times_equal_backtrader_s_own_conversion_to_the_bit_at_every_second_of_a_day(day: date) -> None:
    midnight = datetime.combine(day, time())
    ms = int(midnight.replace(tzinfo=UTC).timestamp() * 1000)
    own = [bt.date2num(midnight + timedelta(seconds=second)) for second in range(86_400)]
    assert days(ms + np.arange(86_400) * 1_000).tolist() == own


def test_a_time_comes_out_as_utc_without_a_zone() -> None:
    class Clock(bt.Strategy):  # type: ignore[misc]
        def next(self) -> None:
            self.now = self.data.datetime.datetime(0)

    assert bars(feed(HISTORY.until(3), MINUTE), Clock).now == datetime(1970, 1, 1, 0, 2)  # noqa: DTZ001


def test_a_feed_without_candles_ends_at_once() -> None:
    assert bars(feed([], MINUTE)).bars == []
    assert (
        bars(feed(HISTORY.until(0).with_columns({"range": np.zeros(0)}), MINUTE, ("range",)), preload=False).bars == []
    )


def test_the_feed_gives_the_same_candles_again_at_the_next_run() -> None:
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(feed(lambda: in_chunks(HISTORY, 300), MINUTE, ("range",)))
    cerebro.addstrategy(Notes)
    (first,), (second,) = cerebro.run(), cerebro.run()
    assert len(first.bars) == len(HISTORY)
    assert first.bars == second.bars


def test_dates_filters_and_resampling_are_backtrader_s_own() -> None:
    start = datetime(1970, 1, 1) + timedelta(minutes=100)  # noqa: DTZ001 - as backtrader has it
    seen = bars(feed(HISTORY, MINUTE, ("range",), fromdate=start, todate=start + timedelta(minutes=9)))
    assert [bar[4] for bar in seen.bars] == HISTORY.close[100:110].tolist()

    cerebro = bt.Cerebro(stdstats=False)
    cerebro.resampledata(feed(HISTORY, MINUTE), timeframe=bt.TimeFrame.Minutes, compression=10)

    class Closes(bt.Strategy):  # type: ignore[misc]
        def __init__(self) -> None:
            self.closes: list[float] = []

        def next(self) -> None:
            self.closes.append(self.data.close[0])

    cerebro.addstrategy(Closes)
    (resampled,) = cerebro.run()
    assert set(resampled.closes) <= set(HISTORY.close.tolist())
    assert len(resampled.closes) == pytest.approx(100, abs=1)


@pytest.mark.parametrize(
    ("timeframe", "unit", "number"),
    [("1s", "Seconds", 1), ("5m", "Minutes", 5), ("2h", "Minutes", 120), ("1d", "Days", 1)],
)
def test_backtrader_is_told_the_timeframe(timeframe: str, unit: str, number: int) -> None:
    candles = feed(HISTORY, Series("binance", "BTC/USDT", timeframe))
    assert (candles.p.timeframe, candles.p.compression) == (getattr(bt.TimeFrame, unit), number)
