"""A year of one-minute candles through the native backtest: SMA 20 and RSI 14, enter above 30, leave above 70.

Beside it the floor: the same trades by ten lines of NumPy and the same exact money. The SHA-256 over all closed trades
must be equal, to the last digit.
"""

import json
import subprocess
import sys
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import asdict
from decimal import Decimal, localcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.processes import REAL_CANDLES, ROOT
from benchmarks.report import Result, spread
from shared.config import PaperSettings, StrategySettings
from shared.indicators import crosses_above, over
from shared.market import Frame, Market, Series
from shared.trading import Position, Rows, Signal, Strategy, buy, hold, sell
from trader.backtest.engine import run as backtest
from trader.backtest.files import frames_of
from trader.backtest.grid import Found, Job, Setting, in_parallel, on_disk
from trader.backtest.outcome import Outcome
from trader.backtest.rounds import ClosedTrade, digest
from trader.backtest.spec import Backtest, of_section

FILE = REAL_CANDLES / "binance_BTC-USDT_1m_2022.parquet"
BTC = Series("binance", "BTC/USDT", "1m")
STEP, FEE, CASH = Decimal("0.00001"), Decimal("0.001"), Decimal(10_000)
MARKET = Market("binance", "BTC/USDT", STEP, Decimal("0.01"), Decimal(5), FEE, FEE)
WANTED = Backtest("reference", BTC, CASH, paper=PaperSettings(slippage=Decimal(0)))
#: RSI forgets its seed to 1e-9 within about 20 windows: nothing is decided before, here and in the floor.
WARM_UP = 280
_ROUNDS = 7
#: The windows of a grid.
_WINDOWS = range(20, 84)


class EveryCandle(Strategy):
    """The strategy that is measured everywhere, asked on every candle."""

    @property
    def warm_up(self) -> int:
        return WARM_UP

    def indicators(self) -> dict[str, str]:
        return {"rsi": "rsi:14", "sma": "sma:20"}

    def decide(self, frame: Frame, position: Position) -> Signal:
        before, now = frame["rsi"][-2:]
        if position.is_open:
            return sell(reason="rsi above 70") if before <= 70 < now else hold()
        return buy(reason="rsi above 30") if before <= 30 < now and frame.close[-1] < frame["sma"][-1] else hold()


class Reference(EveryCandle):
    """The same with its signals as columns."""

    def entries(self, frame: Frame) -> Rows:
        return crosses_above(frame["rsi"], 30.0) & (frame.close < frame["sma"])

    def exits(self, frame: Frame) -> Rows:
        return crosses_above(frame["rsi"], 70.0)


def floor(candles: Frame) -> list[ClosedTrade]:
    """The same by hand: rows by NumPy, money by exact decimals."""
    (rsi,), (sma,) = over(candles, "rsi:14"), over(candles, "sma:20")
    ready = np.arange(len(candles)) >= WARM_UP - 1
    enters = np.flatnonzero(ready & crosses_above(rsi, 30.0) & (candles.close < sma)).tolist()
    leaves = np.flatnonzero(ready & crosses_above(rsi, 70.0)).tolist()
    pairs, row = [], 0
    while (at := bisect_left(enters, row)) < len(enters) and (to := bisect_right(leaves, enters[at])) < len(leaves):
        pairs.append((enters[at], leaves[to]))
        row = leaves[to] + 1
    return list(settled(candles, pairs))


def settled(candles: Frame, pairs: list[tuple[int, int]]) -> Iterator[ClosedTrade]:
    """What the pairs of entry and exit come to, each filled at the next open."""
    cash, times = CASH, (candles.timestamps * 1_000).tolist()
    for entry, leave in pairs:
        if leave + 1 >= len(times):
            return
        close, bought, sold = (
            Decimal(repr(float(each)))
            for each in (candles.close[entry], candles.open[entry + 1], candles.open[leave + 1])
        )
        with localcontext(prec=80):
            amount = cash * Decimal("0.99") / (close * (1 + FEE)) // STEP * STEP
            cost, proceeds = amount * bought, amount * sold
            pnl = proceeds * (1 - FEE) - cost * (1 + FEE)
            cash, fees = cash + pnl, (cost + proceeds) * FEE
        yield ClosedTrade(times[entry + 1], times[leave + 1], amount, cost, amount, proceeds, fees, pnl, "exit")


def run() -> list[Result]:
    """Candles a second, equality with the floor, and memory above what the imports take."""
    if not FILE.is_file():
        return [Result("backtest of 2022", "skipped: the file is not at hand")]
    candles = year()
    by_hand = digest(floor(candles), sizes=True)
    fast, outcome = timed(lambda: backtest(WANTED, Reference(), candles, MARKET), _ROUNDS)
    slow, asked = timed(lambda: backtest(WANTED, EveryCandle(), candles, MARKET), 1)
    hand, _ = timed(lambda: floor(candles), _ROUNDS)
    rows = len(candles)
    equal = outcome.sha256() == asked.sha256() == by_hand
    memory = measured("year"), measured("stream", "1"), measured("stream", "10")
    peers = "published: freqtrade 19k, jesse 53k, backtrader 13k, backtesting.py 190k, vectorbt about 5M/s"
    return [
        Result("native, signals as columns", rate(rows, fast), peers, "1M candles/s", rows / min(fast) >= 1e6),
        Result("native, asked on every candle", rate(rows, slow)),
        Result("the floor: NumPy and exact money", rate(rows, hand)),
        Result(
            "closed trades", f"{len(outcome.trades):,}, sha256 {outcome.sha256()[:12]}", by_hand[:12], "equal", equal
        ),
        Result("memory above the imports, a year at once", f"{memory[0]:.0f} MB", "", "100 MB", memory[0] < 100),
        Result("streamed, 1 year / 10 years", f"{memory[1]:.0f} / {memory[2]:.0f} MB", "", "100 MB", memory[2] < 100),
        *grid(candles),
    ]


def grid(candles: Frame) -> list[Result]:
    """Sets of parameters a second over the year, the start of the processes included; and that all are the same."""
    wanted = StrategySettings.model_validate({"id": "one", "name": "rsi_reversion", "cash": CASH, **asdict(BTC)})
    setting, jobs = Setting(wanted, of_section(wanted), MARKET, Path()), [Job({"window": each}) for each in _WINDOWS]
    rates, found = list[str](), list[Any]()
    with on_disk([candles]) as directory:
        for processes in (1, 2):
            seconds, results = timed(partial(in_parallel, setting, directory, jobs, processes, lambda: None), 1)
            rates.append(spread([len(jobs) / each for each in seconds], "sets/s", 1))
            found.append(results)
    same = found[0] == found[1] and all(isinstance(each, Found) for each in found[0])
    what = f"grid of {len(jobs)} sets, 2 processes"
    return [Result(what, rates[1], f"1 process: {rates[0]}", "the same trades", same)]


def year() -> Frame:
    """The real 2022, in memory."""
    frames = list(frames_of(FILE, BTC))
    names = ("open", "high", "low", "close", "volume")
    columns = {name: np.concatenate([frame[name] for frame in frames]) for name in names}
    return Frame(np.concatenate([frame.timestamps for frame in frames]), columns)


def years(count: int) -> Iterator[Frame]:
    """The same year again and again, as one long history in chunks."""
    for number in range(count):
        for frame in frames_of(FILE, BTC):
            names = ("open", "high", "low", "close", "volume")
            yield Frame(frame.timestamps + number * 365 * 86_400_000, {name: frame[name] for name in names})


def timed(work: Callable[[], Any], rounds: int) -> tuple[list[float], Any]:
    """Seconds of each round after one that warms up, and the last result."""
    found = work() if rounds > 1 else None
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - began)
    return seconds, found


def rate(rows: int, seconds: list[float]) -> str:
    """Candles a second, median and range."""
    return spread([rows / each / 1e6 for each in seconds], "M/s", 3)


def measured(*arguments: str) -> float:
    """MB that a test adds in a process of its own to what its imports take."""
    command = [sys.executable, "-m", "benchmarks.backtest", *arguments]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return float(json.loads(told))


def alone(how: str, count: int = 1) -> float:
    """Run in this process; MB of the peak above the imports, numba's compiled kernels among them."""
    backtest(WANTED, Reference(), next(years(1)).until(1_000), MARKET)
    for spec in ("rsi:14", "sma:20"):
        over({"close": np.linspace(1.0, 2.0, 300_000)}, spec)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak counts from here
    before = resident("VmRSS")
    outcome: Outcome = backtest(WANTED, Reference(), year() if how == "year" else years(count), MARKET)
    assert outcome.trades
    return resident("VmHWM") - before


def resident(which: str) -> float:
    """MB of this process's memory now (VmRSS) or at its highest (VmHWM)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(which)) / 1024


if __name__ == "__main__":
    print(alone(sys.argv[1], *map(int, sys.argv[2:])))
