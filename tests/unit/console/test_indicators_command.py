"""`chandler indicators` adds columns to anyone's file of candles."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from console.indicators import add_indicators, candles_of, columns_of
from console.main import app
from shared.archive.encoding import write_table
from shared.errors import StopError
from shared.indicators import over
from tests.unit.shared.indicators.candles import bits

CLOSES = [100.0, 101.0, 103.0, 102.0, 105.0]


def written(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Times in seconds, and names as another program writes them."""
    rows = [f"{1_700_000_040 + 60 * row};{close};{close + 1};{close - 1};{close};2" for row, close in enumerate(CLOSES)]
    return written(tmp_path / "in.csv", ["Open time;Open;High;Low;Close;Vol", *rows])


def table(path: Path) -> dict[str, list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))


def test_a_column_is_added_for_each_output_and_empty_where_it_has_no_value(source: Path, tmp_path: Path) -> None:
    assert add_indicators(source, tmp_path / "out.csv", ["sma:2", "macd:1,2,2", "fast=ema:1"], replace=False) == 0
    made = table(tmp_path / "out.csv")
    assert list(made)[6:] == ["sma_2", "macd_1_2_2", "macd_signal_1_2_2", "macd_histogram_1_2_2", "fast"]
    assert made["sma_2"] == ["", "100.5", "102.0", "102.5", "103.5"]
    assert made["timestamp"][0] == "1700000040000"
    assert [float(text) for text in made["fast"]] == CLOSES


def test_an_output_by_name_is_one_column_and_ta_is_there_too() -> None:
    assert list(columns_of(["bollinger.upper:20,2", "ta:momentum.rsi:14"])) == [
        "bollinger_upper_20_2",
        "ta_momentum_rsi_14",
    ]


def test_parquet_goes_in_and_out_and_keeps_every_bit(source: Path, tmp_path: Path) -> None:
    add_indicators(source, tmp_path / "one.parquet", ["rsi:3"], replace=False)
    add_indicators(tmp_path / "one.parquet", tmp_path / "two.parquet", ["rsi:3"], replace=False)
    from pyarrow import parquet

    column = parquet.read_table(tmp_path / "two.parquet")["rsi_3"].to_numpy()
    assert bits(column).tolist() == bits(over({"close": np.array(CLOSES)}, "rsi:3")[0]).tolist()


def test_a_month_of_the_archive_goes_in_as_it_is_with_its_prices_as_decimals(tmp_path: Path) -> None:
    times, closes = 1_700_000_040_000 + 60_000 * np.arange(5), np.array(CLOSES) + 0.01
    prices = dict.fromkeys(("open", "high", "low", "close", "volume"), closes)
    write_table(tmp_path / "2023-11.parquet", {"timestamp": times, **prices}, {})
    frame = candles_of(tmp_path / "2023-11.parquet")
    assert bits(frame.close).tolist() == bits(closes).tolist()


def test_an_empty_cell_is_a_gap_after_which_the_indicator_starts_anew(tmp_path: Path) -> None:
    rows = [f"{1_700_000_040 + 60 * row},1,1,1,{close},1" for row, close in enumerate(["1", "2", "", "4", "5"])]
    frame = candles_of(written(tmp_path / "in.csv", ["time,open,high,low,close,volume", *rows]))
    np.testing.assert_array_equal(over(frame, "sma:2")[0], [np.nan, 1.5, np.nan, np.nan, 4.5])


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("1700000100,1,1,1,one,1", "line 3: 'one' is not a number"),
        ("1700000100,1,1", "line 3: no candle with a time that can be read"),
        ("soon,1,1,1,1,1", "line 3: no candle with a time that can be read"),
        ("1700000040,1,1,1,1,1", "candles must ascend, but 2023-11-14 22:14"),
    ],
)
def test_a_line_that_is_no_candle_is_named_and_nothing_is_written(tmp_path: Path, row: str, complaint: str) -> None:
    bad = written(tmp_path / "in.csv", ["time,open,high,low,close,volume", "1700000040,1,1,1,1,1", row])
    with pytest.raises(StopError, match=complaint):
        add_indicators(bad, tmp_path / "out.csv", ["sma:2"], replace=False)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    ("specs", "complaint"),
    [
        (["rsj:14"], "indicator 'rsj:14': no indicator is called 'rsj'"),
        (["rsi:14", "rsi:14"], "would be a second column 'rsi_14'; write NAME=rsi:14"),
        (["close=sma:3"], "would be a second column 'close'"),
        (["=sma:3"], "write NAME=sma:3"),
    ],
)
def test_a_spec_that_is_wrong_or_named_twice_is_refused(specs: list[str], complaint: str) -> None:
    with pytest.raises(StopError, match=complaint):
        columns_of(specs)


def test_the_command_does_not_write_over_a_file_unless_told_to(source: Path, tmp_path: Path) -> None:
    call = ["indicators", str(source), str(tmp_path / "out.csv"), "--add", "rsi:2", "--add", "obv"]
    assert CliRunner().invoke(app, call).exit_code == 0
    again = CliRunner().invoke(app, call)
    assert again.exit_code == 1
    assert "exists; --replace writes it anew" in again.output
    assert CliRunner().invoke(app, [*call, "--replace"]).exit_code == 0
