"""What is written is read back to the bit, and a file is whole or not there."""

import math
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import StopError
from shared.files import open_rows, writing
from shared.market import Candle

prices = st.floats(min_value=5e-324, max_value=1.7e308, allow_nan=False, allow_subnormal=True)
volumes = st.floats(min_value=0, max_value=1.7e308, allow_nan=False)
times = st.integers(100_000_000_000, 99_999_999_999_999)
candles = st.lists(st.builds(Candle, times, prices, prices, prices, prices, volumes), min_size=1, max_size=40)


@pytest.mark.parametrize("kind", ["csv", "parquet", "feather"])
@given(first=candles, second=candles)
def test_every_double_comes_back_to_the_bit(kind: str, first: list[Candle], second: list[Candle]) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / f"file.{kind}"
        with writing(path, kind) as write:
            write(first)
            write(second)
        _, chunks = open_rows(path, kind)
        read = [row.values for chunk in chunks for row in chunk]
    assert [[repr(value) for value in row] for row in read] == [list(map(repr, one)) for one in first + second]


@pytest.mark.parametrize("kind", ["csv", "parquet", "feather"])
def test_an_interrupted_file_leaves_what_was_there(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"file.{kind}"
    path.write_text("before")
    one = Candle(1_700_000_040_000, 1.0, 1.0, 1.0, 1.0, 1.0)
    with pytest.raises(RuntimeError), writing(path, kind) as write:  # noqa: PT012
        write([one])
        raise RuntimeError("the disk's end")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_can_not_be_written_is_a_message(tmp_path: Path) -> None:
    with pytest.raises(StopError, match="can't write"), writing(tmp_path / "none" / "file.csv", "csv") as write:
        write([])


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("time,open,high,low,close,volume\n\n1700000040,1,1,1,1,1\n\n1700000100,1,1,1,1,1\n")
    layout, chunks = open_rows(path, "csv")
    assert layout.times == "s"
    assert [(row.line, row.values[0]) for chunk in chunks for row in chunk] == [
        (3, 1_700_000_040_000),
        (5, 1_700_000_100_000),
    ]


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "file"
        path.write_bytes(content)
        for kind in ("csv", "parquet", "feather"):
            try:
                _, chunks = open_rows(path, kind)
                rows = [row for chunk in chunks for row in chunk]
            except StopError:
                continue
            assert all(math.isfinite(row.line) for row in rows)
