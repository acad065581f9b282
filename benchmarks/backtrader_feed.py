"""backtrader on its PandasData and on our feed, SMA20 + RSI14 on the real 2022; the same trades from every engine."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks import backtest
from benchmarks.processes import REAL_CANDLES, ROOT
from benchmarks.report import Result
from trader.backtest import engine
from trader.backtest.rounds import digest

FILE = REAL_CANDLES / "binance_BTC-USDT_1m_2022.parquet"
NAMES = ("timestamp", "open", "high", "low", "close", "volume")
ROWS, TIMES, YEAR = 50_000, 3, 525_600


def run() -> list[Result]:
    """Candles a second side by side, memory above the import, and one sha256."""
    if not FILE.is_file():
        return [Result("backtrader on the real 2022", "skipped: the file is not at hand")]
    with tempfile.TemporaryDirectory(prefix="chandler-bench-") as name:
        raw = Path(name) / "columns"
        kinds = ("pandas", "feed", "lines", "pandas-stream", "feed-stream", "lines-stream")
        runs = {kind: list[dict[str, Any]]() for kind in kinds}
        _write(raw)
        for _, kind in product(range(TIMES), kinds):
            runs[kind].append(_child(kind, raw, ROWS))
        year = _child("lines-stream", raw, YEAR)
    return [
        *_speeds(runs, "", "preloaded, `runonce`"),
        *_speeds(runs, "-stream", "streamed, `exactbars=1`"),
        _memory(f"streamed, {ROWS:,} candles", runs["lines-stream"]),
        _memory(f"streamed, {YEAR:,} candles", [year]),
        _same_trades(),
    ]


def _speeds(runs: dict[str, list[dict[str, Any]]], mode: str, name: str) -> list[Result]:
    theirs, ours, lines = (
        ROWS / median(each["seconds"] for each in runs[f"{kind}{mode}"]) for kind in ("pandas", "feed", "lines")
    )
    beside = f"PandasData {theirs:,.0f}/s"
    trades = {each["trades"] for kind in ("pandas", "feed", "lines") for each in runs[f"{kind}{mode}"]}
    return [
        Result(f"our feed, {name}", f"{ours:,.0f} candles/s", beside, "PandasData's", ours >= theirs),
        Result(f"with computed lines, {name}", f"{lines:,.0f} candles/s", beside, "twice", lines >= 2 * theirs),
        Result(f"trades of the three, {name}", " or ".join(map(str, sorted(trades)))),
    ]


def _memory(what: str, runs: Sequence[dict[str, Any]]) -> Result:
    grown = median(each["grown"] for each in runs)
    return Result(f"memory above the import, {what}", f"{grown:.0f} MB", goal="< 50 MB", met=grown < 50)


def _same_trades() -> Result:
    """One of our strategies inside backtrader, through the native engine, and in NumPy: on the whole year."""
    from trader.bt.run import run as inside  # noqa: PLC0415 - heavy

    candles = backtest.year()
    by_hand = digest(backtest.floor(candles), sizes=True)
    native = engine.run(backtest.WANTED, backtest.Reference(), candles, backtest.MARKET)
    found = inside(backtest.WANTED, backtest.Reference(), candles, backtest.MARKET)
    return Result(
        "closed trades inside backtrader",
        f"{len(found.trades):,}, sha256 {found.sha256()[:12]}",
        f"native {native.sha256()[:12]}, NumPy {by_hand[:12]}",
        "the same",
        found.sha256() == native.sha256() == by_hand,
    )


def _columns() -> dict[str, Any]:
    from pyarrow import parquet  # noqa: PLC0415

    table = parquet.read_table(FILE)
    return {name: np.ascontiguousarray(table[name].to_numpy(), dtype=np.float64) for name in NAMES}


def _write(raw: Path) -> None:
    with raw.open("wb") as file:
        for column in _columns().values():
            column.tofile(file)


def _child(kind: str, raw: Path, rows: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.backtrader_runs", kind, str(raw), str(rows)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
