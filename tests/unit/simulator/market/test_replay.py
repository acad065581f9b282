import csv
import json
import random
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simulator.market import replay
from simulator.market.candles import Candles, aggregate
from simulator.market.instrument import instrument
from simulator.market.market import Market
from simulator.market.pages import Pages, Window
from simulator.market.rendering import ShortestExact
from simulator.market.revisions import Revisions
from simulator.market.timeframe import DAY_MS, MINUTE_MS

START = 1_609_459_200_000


def recorded(count: int = 3000, gap: tuple[int, int] = (1000, 1100)) -> Candles:
    """Awkward doubles, with a gap in between."""
    dice = random.Random(5)
    numbers = [n for n in range(count) if not gap[0] <= n < gap[1]]
    rows = []
    for number in numbers:
        low = dice.uniform(1e-7, 40_000)
        high = low * dice.uniform(1, 1.01)
        opened, close = dice.uniform(low, high), dice.uniform(low, high)
        rows.append((START + number * MINUTE_MS, opened, high, low, close, dice.uniform(0, 1e-5)))
    timestamp = np.array([row[0] for row in rows], dtype=np.int64)
    return Candles(timestamp, *np.array([row[1:] for row in rows]).T)


def market_of(candles: Candles) -> Market:
    return Market(instrument("BTC/USDT", 7), replay.Replay(candles, MINUTE_MS), ShortestExact())


def as_csv(candles: Candles, path: Path) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(replay.COLUMNS)
        writer.writerows(zip(*(column.tolist() for column in candles.columns()), strict=True))
    return path


def as_parquet(candles: Candles, path: Path) -> Path:
    pq.write_table(pa.table(dict(zip(replay.COLUMNS, candles.columns(), strict=True))), path)
    return path


@pytest.mark.parametrize(("write", "name"), [(as_csv, "file.csv"), (as_parquet, "file.parquet")])
def test_every_double_of_the_file_comes_back_to_the_bit(write: object, name: str, tmp_path: Path) -> None:
    candles = recorded()
    assert callable(write)
    market, pages, rows = market_of(replay.read(write(candles, tmp_path / name))), Pages(Revisions()), []
    start = 0
    while page := json.loads(pages.page(market, MINUTE_MS, Window(start, None, 1000), START + 30 * DAY_MS)):
        rows += page
        start = page[-1][0] + 1
    served = np.array([[float(text) for text in row[1:6]] for row in rows]).T
    assert [row[0] for row in rows] == candles.timestamp.tolist()
    assert all(np.array_equal(a, b) for a, b in zip(served, candles.columns()[1:], strict=True))
    assert not any("e" in text for row in rows for text in row[1:6])


def test_a_gap_of_the_file_stays_a_gap_and_a_page_jumps_it() -> None:
    market, pages = market_of(recorded()), Pages(Revisions())
    inside = Window(START + 1050 * MINUTE_MS, None, 1)
    [row] = json.loads(pages.page(market, MINUTE_MS, inside, START + 30 * DAY_MS))
    assert row[0] == START + 1100 * MINUTE_MS


def test_the_path_inside_a_candle_aggregates_to_that_candle() -> None:
    market = market_of(recorded(count=200, gap=(50, 60)))
    path = aggregate(market.fine(START, START + 200 * MINUTE_MS), MINUTE_MS)
    whole = market.closed(MINUTE_MS, START, START + 200 * MINUTE_MS)
    assert path.timestamp.tolist() == whole.timestamp.tolist()
    for name in ("open", "high", "low", "close"):
        assert np.array_equal(getattr(path, name), getattr(whole, name))
    assert np.allclose(path.volume, whole.volume, rtol=1e-12)


def test_after_the_end_the_price_stays_at_the_last_close() -> None:
    candles = recorded()
    market = market_of(candles)
    assert market.source.price(START + 300 * DAY_MS) == candles.close[-1]
    assert market.quote(START + 300 * DAY_MS).bid < Decimal(str(candles.close[-1]))


def test_the_newest_page_of_a_file_from_long_ago_is_its_end() -> None:
    candles = recorded()
    rows = json.loads(
        Pages(Revisions()).page(market_of(candles), MINUTE_MS, Window(None, None, 2), START + 900 * DAY_MS)
    )
    assert [row[0] for row in rows] == candles.timestamp[-2:].tolist()


def test_a_shifted_file_has_its_last_days_ahead_and_keeps_its_times_of_day() -> None:
    candles = recorded(count=6 * 1440)
    now_ms = START + 1000 * DAY_MS + 12_345_678
    moved = replay.shift_to(candles, MINUTE_MS, now_ms, None)
    assert DAY_MS <= int(moved.timestamp[-1]) + MINUTE_MS - now_ms <= 2 * DAY_MS
    assert (moved.timestamp[0] - candles.timestamp[0]) % DAY_MS == 0


def test_a_file_is_shifted_so_that_the_chosen_time_is_now() -> None:
    candles, now_ms = recorded(), START + 77 * DAY_MS + 1_234
    moved = replay.shift_to(candles, MINUTE_MS, now_ms, START + 500 * MINUTE_MS)
    assert moved.timestamp[500] == START + 77 * DAY_MS


def test_a_file_without_a_needed_column_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text("timestamp,open,high,low,close\n0,1,1,1,1\n")
    with pytest.raises(ValueError, match="lacks the columns volume"):
        replay.read(path)


@pytest.mark.parametrize("times", [[0, 0], [60_000, 0], [30_000]], ids=["twice", "falling", "off the grid"])
def test_timestamps_that_do_not_rise_on_the_grid_are_refused(times: list[int]) -> None:
    ones = np.ones(len(times))
    with pytest.raises(ValueError, match="must rise"):
        replay.Replay(Candles(np.array(times), ones, ones, ones, ones, ones), MINUTE_MS)
