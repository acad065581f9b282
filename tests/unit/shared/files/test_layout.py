"""What a file's name and its columns say."""

from pathlib import Path

import pytest

from shared.errors import StopError
from shared.files import file_format, named_series
from shared.files.layout import is_header, places


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("BTC_USDT-1m.feather", ("BTC/USDT", "1m")),
        ("ETH_BTC-4h.csv.gz", ("ETH/BTC", "4h")),
        ("BTC_USDT_USDT-1h-futures.feather", None),
        ("BTC_USDT_USDT-1h.feather", None),
        ("BTC_USDT-7m.feather", None),
        ("candles.csv", None),
        ("BTCUSDT-1m-2024-01.csv", None),
    ],
)
def test_freqtrades_names_tell_the_series_and_others_do_not(name: str, found: tuple[str, str] | None) -> None:
    assert named_series(Path("somewhere") / name) == found


@pytest.mark.parametrize(
    ("name", "found"), [("a.csv", "csv"), ("a.CSV.gz", "csv"), ("a.parquet", "parquet"), ("a.feather", "feather")]
)
def test_the_name_tells_the_format(name: str, found: str) -> None:
    assert file_format(Path(name), None) == found
    assert file_format(Path(name), "parquet") == "parquet"


def test_a_name_that_tells_nothing_is_asked_about() -> None:
    with pytest.raises(StopError, match=r"call it \.csv, \.parquet or \.feather"):
        file_format(Path("candles.txt"), None)


@pytest.mark.parametrize(
    "names",
    [
        ["timestamp", "open", "high", "low", "close", "volume"],
        ["Open Time", "Open", "High", "Low", "Close", "Volume"],
        ["open_time", "o", "h", "l", "c", "v"],
        ["date", "open", "high", "low", "close", "Volume"],
    ],
)
def test_common_names_are_known(names: list[str]) -> None:
    assert is_header(names)
    assert places(names, "file") == (0, 1, 2, 3, 4, 5)


def test_columns_stand_in_any_order_among_others() -> None:
    assert places(["pair", "volume", "close", "low", "high", "open", "unix", "date"], "f") == (6, 5, 4, 3, 2, 1)


def test_a_row_of_numbers_is_no_header() -> None:
    assert not is_header(["1700000040000", "1", "2", "0.5", "1.5", "10"])


def test_what_is_lacking_is_named() -> None:
    with pytest.raises(StopError, match="no column for low, volume; its columns are date, open, high, close"):
        places(["date", "open", "high", "close"], "f")
