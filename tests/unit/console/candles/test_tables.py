"""The ledger on a terminal."""

import io
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from console.candles.account import Account
from console.candles.encode import gaps_json, status_json
from console.candles.tables import gaps_table, remarks, size, status_table
from shared.candles.ledger import Unreachable
from shared.market import Interval, Series

SERIES = Series("coinbase", "DOGE/USDT", "15m")
STEP = SERIES.step
FOUND = Account(
    series=SERIES,
    state="live",
    reason="",
    rows=5_256_000,
    first=0,
    last=STEP * 5_256_100,
    watermark=STEP * 5_256_100,
    lag_ms=1_200,
    gaps=(Interval(0, STEP), Interval(5 * STEP, 15 * STEP)),
    missing=11,
    confirmed_empty=1_234,
    unreachable=(Unreachable(Interval(STEP, 3 * STEP), "only the newest 720 are kept"),),
    unreachable_candles=2,
    refused=3,
    size_bytes=450_000_000,
)


def text(what: RenderableType, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as capture:
        console.print(what)
    return capture.get()


def test_a_narrow_terminal_shows_what_matters_whole() -> None:
    shown = text(status_table([FOUND], 80), 80)
    (line,) = (line for line in shown.splitlines() if "DOGE" in line)
    assert line.split() == ["coinbase", "DOGE/USDT", "15m", "live", "5,256,000", "1.2", "s", "2", "11", "1,234"]
    assert "…" not in shown


@pytest.mark.parametrize("width", [140, 200])
def test_a_wide_terminal_shows_everything(width: int) -> None:
    shown = text(status_table([FOUND], width), width)
    assert "…" not in shown
    assert "1970-01-01 00:00   2119-11-27 01:00 " in shown
    assert shown.rstrip().endswith("2   450 MB")


def test_gaps_are_listed_in_the_order_of_time_with_what_is_known_of_them() -> None:
    lines = [line for line in text(gaps_table([FOUND]), 80).splitlines() if "DOGE" in line]
    assert [line.split()[7:9] for line in lines] == [["1", "not"], ["2", "unreachable"], ["10", "not"]]


def test_the_gaps_of_seconds_are_told_to_the_second_and_fit_80_columns() -> None:
    seconds = replace(FOUND, series=Series("binance", "BTC/USDT", "1s"), gaps=(Interval(1_000, 86_400_000),))
    shown = text(gaps_table([seconds]), 80)
    assert "00:00:01" in shown
    assert "…" not in shown


def test_what_the_table_has_no_room_for_is_told_below() -> None:
    assert str(remarks([FOUND])).splitlines() == [
        "coinbase DOGE/USDT 15m: 2 candles unreachable: only the newest 720 are kept",
        "coinbase DOGE/USDT 15m: 3 rows refused, see `quarantine`",
    ]


def test_programs_get_every_interval_and_count() -> None:
    assert gaps_json(FOUND) == {
        "exchange": "coinbase",
        "symbol": "DOGE/USDT",
        "timeframe": "15m",
        "not_fetched": [
            {"start": 0, "end": STEP, "candles": 1},
            {"start": 5 * STEP, "end": 15 * STEP, "candles": 10},
        ],
        "unreachable": [
            {"start": STEP, "end": 3 * STEP, "candles": 2, "reason": "only the newest 720 are kept"},
        ],
    }
    found = status_json(FOUND, {"zero or negative price": 3})
    assert (found["symbol"], found["gaps"], found["unreachable"]) == ("DOGE/USDT", 2, 1)
    assert found["quarantine"] == {"zero or negative price": 3}


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 B"), (812_345, "812 kB"), (4_500_000, "4.5 MB"), (4_512_000_000, "4.5 GB")]
)
def test_a_size_has_the_largest_unit_that_fits(count: int, shown: str) -> None:
    assert size(count) == shown
