"""One run inside backtrader, in a process of its own: `python -m benchmarks.backtrader_runs KIND FILE ROWS`.

Prints seconds, trades, and how many MB the process has grown to above what it had once all was imported. FILE holds the
columns of a frame one after the other, as raw doubles, so that it can be read in pieces of constant size.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.memory import memory
from shared.market import Frame, Series
from trader.bt.broker import Broker
from trader.bt.feed import feed
from trader.bt.library import bt
from trader.bt.lines import with_lines

BTC = Series("binance", "BTC/USDT", "1m")
NAMES = ("open", "high", "low", "close", "volume")
CHUNK, WARM_UP = 10_000, 280
COLUMNS = {"rsi": "rsi:14", "sma": "sma:20"}


class Theirs(bt.Strategy):  # type: ignore[misc]
    """The simple strategy on backtrader's own indicators."""

    def __init__(self) -> None:
        self.rsi, self.sma = bt.ind.RSI_Safe(period=14), bt.ind.SMA(period=20)
        self.trades = 0

    def next(self) -> None:
        if not self.position:
            if self.rsi[-1] < 30 <= self.rsi[0] and self.data.close[0] < self.sma[0]:
                self.buy()
        elif self.rsi[-1] < 70 <= self.rsi[0]:
            self.close()
            self.trades += 1


class Lines(Theirs):
    """The same on lines that were computed before."""

    def __init__(self) -> None:
        self.rsi, self.sma, self.trades = self.data.lines.rsi, self.data.lines.sma, 0

    def next(self) -> None:
        if len(self) > 20:
            super().next()


def chunks(file: Path, rows: int) -> Iterator[Frame]:
    """The frame in pieces."""
    whole = file.stat().st_size // 8 // (len(NAMES) + 1)
    for start in range(0, rows, CHUNK):
        count = min(CHUNK, rows - start)
        read = [np.fromfile(file, count=count, offset=8 * (place * whole + start)) for place in range(6)]
        yield Frame(read[0].astype(np.int64), dict(zip(NAMES, read[1:], strict=True)))


def lines(pieces: Iterator[Frame]) -> Iterator[Frame]:
    """The pieces with RSI and SMA, as a trader has them."""
    return with_lines(pieces, BTC, COLUMNS, WARM_UP, rows=CHUNK)


def joined(pieces: Iterator[Frame]) -> Frame:
    """All of it."""
    frames = list(pieces)
    columns = {name: np.concatenate([frame[name] for frame in frames]) for name in NAMES}
    return Frame(np.concatenate([frame.timestamps for frame in frames]), columns)


def candles(kind: str, file: Path, rows: int) -> Any:
    """The feed of a kind of run."""
    if kind.startswith("pandas"):
        import pandas as pd  # noqa: PLC0415 - only where it is measured

        frame = joined(chunks(file, rows))
        times = pd.to_datetime(frame.timestamps, unit="ms")
        return bt.feeds.PandasData(dataname=pd.DataFrame({name: frame[name] for name in NAMES}, index=times))
    if "lines" in kind:
        return feed(lambda: lines(chunks(file, rows)), BTC, tuple(COLUMNS))
    return feed(lambda: chunks(file, rows), BTC)


def main(kind: str, file: Path, rows: int) -> None:
    """Run it."""
    if kind.startswith("pandas"):
        import pandas as pd  # noqa: F401, PLC0415
    if "lines" in kind:
        list(lines(chunks(file, 2 * CHUNK)))  # what can be compiled is compiled now
    before = memory_now()
    data = candles(kind, file, rows)
    began = time.perf_counter()
    cerebro = bt.Cerebro(stdstats=False, exactbars=1 if "stream" in kind else 0)
    if "lines" in kind:
        cerebro.setbroker(Broker())
    cerebro.broker.setcommission(commission=0.001)
    cerebro.broker.set_cash(1e9)
    cerebro.adddata(data)
    cerebro.addstrategy(Lines if "lines" in kind else Theirs)
    (ran,) = cerebro.run()
    seconds = time.perf_counter() - began
    result = {
        "seconds": seconds,
        "trades": ran.trades,
        "grown": memory(os.getpid()) - before,
        "value": cerebro.broker.getvalue(),
    }
    print(json.dumps(result))


def memory_now() -> float:
    """Resident memory in MB."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4_096 / 2**20


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
