"""The examples of docs/history.md and docs/backtrader.md run as they stand, on a database with candles."""

from pathlib import Path
from typing import Any

import pytest

from chandler import Candle, Series
from shared import candles
from shared.database import Database
from shared.market import Interval
from tests.unit.docs.pages import ROOT, blocks

BTC = Series("binance", "BTC/USDT", "1m")
#: 2022 begins.
BEGIN, CANDLES = 1_640_995_200_000, 700


@pytest.fixture(autouse=True)
def beside_the_data(database: Database, database_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`data/trading.db`, as the pages call it, with the first 700 minutes of 2022."""
    end = BEGIN + CANDLES * BTC.step
    rows = [Candle(at, 100.0, 101.0, 99.0, 100.0 + at // BTC.step % 7 / 7, 1.0) for at in range(BEGIN, end, BTC.step)]
    with database.write() as connection:
        candles.store_page(connection, BTC, rows, Interval(BEGIN, end), now_us=1)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "data").symlink_to(database_file.parent)
    monkeypatch.chdir(tmp_path / "here")


def test_history_is_read_in_each_of_its_forms(capsys: pytest.CaptureFixture[str]) -> None:
    example = blocks(ROOT / "docs/history.md", "python")[0]
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - it is our own page
    assert capsys.readouterr().out.splitlines()[-1] == f"{CANDLES} {BEGIN} {BEGIN + (CANDLES - 1) * BTC.step}"
    assert len(names["frame"]) == len(names["chunk"]) == CANDLES
    assert names["newest"].timestamps.tolist() == names["frame"].timestamps[-500:].tolist()
    assert names["lazy"].collect_schema().names() == names["stream"].schema.names


def test_a_script_for_backtrader_is_fed() -> None:
    library = pytest.importorskip("trader.bt.library")
    seen: list[float] = []

    class Mine(library.bt.Strategy):  # type: ignore[misc, name-defined]
        def next(self) -> None:
            seen.append(self.data.lines.rsi[0])

    exec(blocks(ROOT / "docs/backtrader.md", "python")[0], {"Mine": Mine})  # noqa: S102 - it is our own page
    assert len(seen) == CANDLES
    assert 0 < seen[-1] < 100
