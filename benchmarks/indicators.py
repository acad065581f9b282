"""A million candles through each indicator, beside TA-Lib, `ta`, and the 10 ms that a kernel in Rust promises."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
import talib
from numpy.typing import NDArray

from benchmarks.processes import REAL_CANDLES, ROOT
from benchmarks.report import Result, spread
from shared.indicators import Running, named, over, with_indicators
from shared.indicators.anchor import block, runs
from shared.indicators.ta_library import find
from shared.market import Frame

ROWS, FEW, ROUNDS = 1_000_000, 100_000, 15
RUST_MS, RATIO = 10.0, 1.5
GOALS_MS = {"sma:20": 5.0, "rsi:14": 5.0, "atr:14": 10.0}

Columns = Mapping[str, NDArray[np.float64]]
_HLC = ("high", "low", "close")

#: What computes the same: TA-Lib's function with its arguments after the columns, and `ta`'s with its.
PEERS: dict[str, tuple[str, tuple[str, ...], tuple[float, ...], str, Mapping[str, float]]] = {
    "sma:20": ("SMA", ("close",), (20,), "trend.sma_indicator", {"window": 20}),
    "ema:20": ("EMA", ("close",), (20,), "trend.ema_indicator", {"window": 20}),
    "wma:20": ("WMA", ("close",), (20,), "trend.wma_indicator", {"window": 20}),
    "rsi:14": ("RSI", ("close",), (14,), "momentum.rsi", {"window": 14}),
    "macd:12,26,9": ("MACD", ("close",), (12, 26, 9), "trend.macd_diff", {}),
    "roc:10": ("ROC", ("close",), (10,), "momentum.roc", {"window": 10}),
    "bollinger:20,2": ("BBANDS", ("close",), (20, 2.0, 2.0), "volatility.bollinger_hband", {}),
    "stochastic:14,3,3": ("STOCH", _HLC, (14, 3, 0, 3, 0), "momentum.stoch_signal", {}),
    "williams:14": ("WILLR", _HLC, (14,), "momentum.williams_r", {}),
    "cci:20": ("CCI", _HLC, (20,), "trend.cci", {}),
    "atr:14": ("ATR", _HLC, (14,), "volatility.average_true_range", {"window": 14}),
    "adx:14": ("ADX", _HLC, (14,), "trend.adx", {}),
    "psar": ("SAR", ("high", "low"), (0.02, 0.2), "trend.psar_up", {}),
    "donchian:20": ("DONCHIAN", ("high", "low"), (20,), "volatility.donchian_channel_hband", {}),
    "keltner:20,10,2": ("KC", _HLC, (20, 10, 2.0), "volatility.keltner_channel_hband", {"original_version": False}),
    "obv": ("OBV", ("close", "volume"), (), "volume.on_balance_volume", {}),
    "mfi:14": ("MFI", (*_HLC, "volume"), (14,), "volume.money_flow_index", {}),
}
ALONE = ("supertrend", "ichimoku", "vwap")

_FIRST = """
from time import perf_counter
import numpy as np
close = np.arange(1000.0)
began = perf_counter()
from shared.indicators.compiled import compiled
compiled("sma")
started = perf_counter()
compiled("rsi")
print(started - began, perf_counter() - started)
"""


def run() -> list[Result]:
    """Milliseconds for a million rows, warm; compiling apart."""
    candles = _candles(ROWS)
    return [
        *(_beside_peers(spec, candles) for spec in PEERS),
        *(_alone(spec, candles) for spec in ALONE),
        *_compiling(),
        _candle_by_candle("rsi:14", candles),
        _candle_by_candle("bollinger:20,2", candles),
        _anchored(candles),
    ]


def _beside_peers(spec: str, candles: Columns) -> Result:
    function, inputs, numbers, name, options = PEERS[spec]
    peer = getattr(talib, function)
    columns = [candles[name] for name in inputs]
    ours, theirs = _turns(lambda: over(candles, spec), lambda: peer(*columns, *numbers))
    few = {name: column[:FEW] for name, column in candles.items()}
    of_ta = _ta(name, options, few)
    ours_few = median(_turns(lambda: over(few, spec))[0])
    ratio, goal = median(ours) / median(theirs), GOALS_MS.get(spec)
    return Result(
        f"`{spec}` over {ROWS:,} rows",
        spread(ours, "ms", 1),
        f"TA-Lib {spread(theirs, 'ms', 1)}, ratio {ratio:.2f}; `ta` over {FEW:,} rows {of_ta:,.0f} ms, "
        f"ours {ours_few:.1f}; a promise in Rust {RUST_MS:g} ms",
        f"{f'< {goal:g} ms, ' if goal else ''}<= {RATIO:g} x TA-Lib, not above `ta`",
        (goal is None or median(ours) < goal) and ratio <= RATIO and ours_few <= of_ta,
    )


def _alone(spec: str, candles: Columns) -> Result:
    (took,) = _turns(lambda: over(candles, spec))
    return Result(f"`{spec}` over {ROWS:,} rows", spread(took, "ms", 1), f"a promise in Rust {RUST_MS:g} ms")


def _compiling() -> list[Result]:
    with tempfile.TemporaryDirectory() as directory:
        first, later = _first_call(directory), [_first_call(directory) for _ in range(5)]
    starts = [started for started, _ in later]
    return [
        Result("numba's start, once a process: its import and a kernel compiled before", spread(starts, "ms")),
        Result("a kernel more, the first time on a machine", f"{first[1]:,.0f} ms"),
        Result("a kernel more, compiled before, once a process", spread([took for _, took in later], "ms")),
    ]


def _first_call(cache: str) -> tuple[float, float]:
    environment = {"NUMBA_CACHE_DIR": cache, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", _FIRST], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    started, compiled = (float(text) * 1_000 for text in done.stdout.split())
    return started, compiled


def _candle_by_candle(spec: str, candles: Columns) -> Result:
    names = ("timestamp", "open", "high", "low", "close", "volume")
    rows = list(zip(*(candles[name][:FEW].tolist() for name in names), strict=True))

    def walk() -> None:
        running = Running(spec)
        for row in rows:
            running.update(*row)

    took = [duration * 1_000 / FEW for duration in _turns(walk, rounds=5)[0]]
    return Result(f"`{spec}`, a candle more", spread(took, "us", 2), "plain Python, no numba in the process")


def _anchored(candles: Columns) -> Result:
    frame = Frame(candles["timestamp"].astype(np.int64), {name: candles[name] for name in candles})
    wanted = {"sma": named("sma:20"), "rsi": named("rsi:14")}
    made = runs(frame.timestamps, block(60_000, 280), 280)
    (took,) = _turns(lambda: with_indicators(frame, wanted, made))
    return Result(f"SMA20 and RSI14 of {ROWS:,} rows in {len(made):,} anchored runs", spread(took, "ms"))


def _turns(*works: Callable[[], object], rounds: int = ROUNDS) -> Sequence[list[float]]:
    """Milliseconds of each, in turns, so that a slow moment meets them all; the first turn is not counted."""
    took: list[list[float]] = [[] for _ in works]
    for turn in range(rounds + 1):
        for work, durations in zip(works, took, strict=True):
            began = perf_counter()
            work()
            if turn:
                durations.append((perf_counter() - began) * 1_000)
    return took


def _ta(name: str, options: Mapping[str, float], candles: Columns) -> float:
    """Once: some of its functions are loops in Python."""
    function = find(name)
    wanted = function.__code__.co_varnames[: function.__code__.co_argcount]
    prices = {name: pd.Series(candles[name]) for name in wanted if name in candles}
    began = perf_counter()
    function(**prices, **options)
    return (perf_counter() - began) * 1_000


def _candles(rows: int) -> dict[str, NDArray[np.float64]]:
    """The minutes of 2022, as often as it takes, with times that go on."""
    import polars as pl  # noqa: PLC0415

    files = sorted(Path(REAL_CANDLES).glob("binance_BTC-USDT_1m_2022.parquet"))
    table = pl.read_parquet(files[0])
    names = ("open", "high", "low", "close", "volume")
    columns = {name: np.resize(table[name].to_numpy(), rows).astype(np.float64) for name in names}
    timestamps = 1_640_995_200_000.0 + np.arange(rows, dtype=np.float64) * 60_000.0
    return {"timestamp": timestamps, **columns}
