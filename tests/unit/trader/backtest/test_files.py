"""Candles from a file are read as they stand, or not at all."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shared.archive.encoding import write_table
from shared.errors import StopError
from tests.unit.trader.backtest.example import BEGIN, BTC, history
from trader.backtest.files import frames_of

CANDLES = history([(1.0, 3.0, 0.5, 2.0), (2.0, 4.0, 1.5, 3.0)])
NAMES = ("open", "high", "low", "close", "volume")
TABLE = pl.DataFrame({"timestamp": CANDLES.timestamps, **{name: CANDLES[name] for name in NAMES}})


def is_same(path: Path) -> bool:
    (frame,) = frames_of(path, BTC)
    return np.array_equal(frame.timestamps, CANDLES.timestamps) and all(
        np.array_equal(frame[name], CANDLES[name]) for name in NAMES
    )


def test_parquet_feather_and_csv_say_the_same(tmp_path: Path) -> None:
    TABLE.write_parquet(tmp_path / "a.parquet")
    TABLE.write_ipc(tmp_path / "a.feather")
    TABLE.write_csv(tmp_path / "a.csv")
    assert all(is_same(tmp_path / name) for name in ("a.parquet", "a.feather", "a.csv"))


def test_a_month_of_the_archive_reads_to_the_last_bit(tmp_path: Path) -> None:
    digits = np.arange(2_000_001, 2_005_001)
    cents, lots = digits / 100, digits / 100_000
    times = BEGIN + np.arange(len(cents), dtype=np.int64) * 60_000
    month = {"timestamp": times, **dict.fromkeys(("open", "high", "low", "close"), cents), "volume": lots}
    scales = write_table(tmp_path / "2024-01.parquet", month, {})
    assert (scales["close"], scales["volume"]) == (2, 5)
    (frame,) = frames_of(tmp_path / "2024-01.parquet", BTC)
    assert all(frame[name].tobytes() == month[name].tobytes() for name in NAMES)


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_times_of_any_unit_are_read(tmp_path: Path, unit: str) -> None:
    of_ms = {"s": pl.col("timestamp") // 1_000, "us": pl.col("timestamp") * 1_000, "ns": pl.col("timestamp") * 10**6}
    TABLE.with_columns(of_ms[unit]).write_parquet(tmp_path / "a.parquet")
    assert is_same(tmp_path / "a.parquet")


def test_times_as_timestamps_and_other_names_are_read(tmp_path: Path) -> None:
    table = TABLE.with_columns(pl.from_epoch("timestamp", "ms").alias("date")).drop("timestamp")
    table.rename({"volume": "Base Volume"}).write_parquet(tmp_path / "a.parquet")
    assert is_same(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("timestamp", BEGIN + 1, "time off the grid"),
        ("low", 9.0, "not low <= open, close <= high"),
        ("close", float("nan"), "NaN or infinite"),
        ("volume", -1.0, "negative volume"),
    ],
)
def test_a_candle_that_no_market_made_is_named(tmp_path: Path, column: str, value: float, why: str) -> None:
    values = TABLE[column].to_list()
    TABLE.with_columns(pl.Series(column, [values[0], value])).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(StopError, match=why):
        list(frames_of(tmp_path / "a.parquet", BTC))


def test_what_is_no_file_of_candles_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(StopError, match=r"can't read .*a\.parquet as parquet"):
        list(frames_of(tmp_path / "a.parquet", BTC))
    (tmp_path / "a.csv").write_text(f"timestamp,open,high,low,close,volume\n{BEGIN},1,2,1,x,1\n")
    with pytest.raises(StopError, match=r"line 2: .* is no candle"):
        list(frames_of(tmp_path / "a.csv", BTC))
    TABLE.with_columns(pl.Series("close", [1.0, None])).write_parquet(tmp_path / "c.parquet")
    with pytest.raises(StopError, match="1 cells are empty"):
        list(frames_of(tmp_path / "c.parquet", BTC))
    TABLE.drop("close").write_parquet(tmp_path / "b.parquet")
    with pytest.raises(StopError, match="has no column for close"):
        list(frames_of(tmp_path / "b.parquet", BTC))
