"""A recorded file, read back through an unmodified client."""

import csv
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

START = 1_609_459_200_000
MINUTE = 60_000


@pytest.fixture
def file(tmp_path: Path) -> tuple[Path, list[list[float]]]:
    """Three thousand minutes of awkward doubles with a gap of a hundred."""
    dice, rows = random.Random(3), []
    for number in [n for n in range(3000) if not 500 <= n < 600]:
        low = dice.uniform(20_000, 40_000)
        high = low * dice.uniform(1, 1.01)
        inside = [dice.uniform(low, high) for _ in range(2)]
        rows.append([START + number * MINUTE, inside[0], high, low, inside[1], dice.uniform(0, 9)])
    path = tmp_path / "candles.csv"
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["timestamp", "open", "high", "low", "close", "volume"])
        writer.writerows(rows)
    return path, rows


def test_a_client_reads_every_double_back_to_the_bit(
    file: tuple[Path, list[list[float]]], start: Callable[..., Any], connect: Any
) -> None:
    path, rows = file
    client = connect(start("--replay", str(path)))
    read: list[list[float]] = []
    while page := client.fetch_ohlcv("BTC/USDT", "1m", int(read[-1][0]) + 1 if read else START, 1000):
        read += page
    assert read == rows
    assert client.fetch_ticker("BTC/USDT")["last"] == rows[-1][4]
    assert client.timeframes["1m"]
    hours = client.fetch_ohlcv("BTC/USDT", "1h", START, 1000)
    assert hours[0][1:5] == [rows[0][1], max(r[2] for r in rows[:60]), min(r[3] for r in rows[:60]), rows[59][4]]


def test_a_file_shifted_to_now_goes_on_at_real_speed(
    file: tuple[Path, list[list[float]]], start: Callable[..., Any], connect: Any, eventually: Any
) -> None:
    path, rows = file
    one = start("--replay", str(path), "--shift-to-now", "--live-from", str(START + 1000 * MINUTE))
    client = connect(one)
    shift = client.milliseconds() // MINUTE * MINUTE - (START + 1000 * MINUTE)
    newest = client.fetch_ohlcv("BTC/USDT", "1m", limit=2)
    assert abs(newest[-1][0] - START - 1000 * MINUTE - shift) <= MINUTE
    closed = {row[0] + newest[-1][0] - START - 1000 * MINUTE: row for row in rows}[newest[-2][0]]
    assert newest[-2][1:] == closed[1:]
    first = client.fetch_ticker("BTC/USDT")["last"]
    assert eventually(lambda: client.fetch_ticker("BTC/USDT")["last"] != first)
