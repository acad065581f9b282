"""An old pickle cache becomes a file of candles, only when its owner says so, and away from everything of ours."""

import os
import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pyarrow import feather
from typer.testing import CliRunner, Result

from console.main import app

TIMES = [1_700_000_000_000, 1_700_000_060_000]
ROWS = [[TIMES[0], 1.1, 1.3, 1.0, 1.2, 5.5], [TIMES[1], 1.2, 1.4, 1.1, 0.1 + 0.2, 0.0]]
NAMES = ["timestamp", "open", "high", "low", "close", "volume"]
COLUMNS = {name: [row[place] for row in ROWS] for place, name in enumerate(NAMES)}


def convert(held: Any, directory: Path, *options: str, out: str = "new.parquet") -> Result:
    (directory / "old.pkl").write_bytes(pickle.dumps(held))
    return run(directory, *options, out=out)


def run(directory: Path, *options: str, out: str = "new.parquet") -> Result:
    """`chandler history convert` of the pickle that is there."""
    command = ["history", "convert", str(directory / "old.pkl"), str(directory / out), *options]
    return CliRunner().invoke(app, command, catch_exceptions=False)


class Spy:
    """A pickle of it writes down what the process that reads it can see."""

    def __init__(self, target: Path) -> None:
        self.target = str(target)

    def __reduce__(self) -> Any:
        seen = "dict(environ=dict(__import__('os').environ), modules=sorted(__import__('sys').modules))"
        code = f"open({self.target!r}, 'w').write(__import__('json').dumps({seen})) and []"
        return eval, (code,)


@pytest.mark.parametrize(
    "held",
    [ROWS, COLUMNS, [dict(zip(NAMES, row, strict=True)) for row in ROWS], pd.DataFrame(COLUMNS)],
    ids=["rows", "columns", "rows by name", "data frame"],
)
def test_every_kind_of_table_keeps_its_numbers_to_the_bit(held: Any, tmp_path: Path) -> None:
    done = convert(held, tmp_path, "--i-trust-this-file")
    assert done.exit_code == 0, done.output
    assert pq.read_table(tmp_path / "new.parquet").to_pydict() == COLUMNS


def test_a_data_frame_by_date_keeps_its_dates(tmp_path: Path) -> None:
    frame = pd.DataFrame(COLUMNS)
    frame.index = pd.DatetimeIndex(pd.to_datetime(frame.pop("timestamp"), unit="ms", utc=True), name="date")
    assert convert(frame, tmp_path, "--i-trust-this-file", out="new.feather").exit_code == 0
    found = feather.read_table(tmp_path / "new.feather")
    assert [int(moment.timestamp() * 1000) for moment in found["date"].to_pylist()] == TIMES
    assert found["close"].to_pylist() == COLUMNS["close"]


def test_nothing_is_unpickled_without_its_owners_word(tmp_path: Path) -> None:
    done = convert(Spy(tmp_path / "seen"), tmp_path)
    assert done.exit_code == 1
    assert "--i-trust-this-file" in done.stderr
    assert not (tmp_path / "seen").exists()


def test_the_code_in_a_pickle_sees_no_key_and_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANDLER_EXCHANGES__BINANCE__SECRET", "very secret")
    convert(Spy(tmp_path / "seen"), tmp_path, "--i-trust-this-file")
    seen = (tmp_path / "seen").read_text()
    assert "very secret" in os.environ["CHANDLER_EXCHANGES__BINANCE__SECRET"]
    assert "very secret" not in seen
    assert "CHANDLER" not in seen
    assert '"shared' not in seen
    assert "sqlalchemy" not in seen


@pytest.mark.parametrize("held", [b"\x80\x04garbage", b"", pickle.dumps(42), pickle.dumps([[1, 2]])])
def test_what_holds_no_candles_leaves_no_file(held: bytes, tmp_path: Path) -> None:
    (tmp_path / "old.pkl").write_bytes(held)
    done = run(tmp_path, "--i-trust-this-file")
    assert done.exit_code == 1
    assert "could not be converted" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["old.pkl"]


def test_a_file_that_is_there_is_written_over_only_on_demand(tmp_path: Path) -> None:
    (tmp_path / "new.parquet").write_text("mine")
    assert convert(ROWS, tmp_path, "--i-trust-this-file").exit_code == 1
    assert (tmp_path / "new.parquet").read_text() == "mine"
    assert convert(ROWS, tmp_path, "--i-trust-this-file", "--replace").exit_code == 0
    assert convert(ROWS, tmp_path, "--i-trust-this-file", out="new.csv").exit_code == 1
