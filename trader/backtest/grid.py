"""Many tests over the same candles, in parallel: each process maps them into memory from one copy on disk."""

import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import product
from multiprocessing import active_children, get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from shared.config import StrategySettings
from shared.errors import ChandlerError, StopError
from shared.indicators.anchor import anchor, block
from shared.market import Frame, Market
from shared.portfolio.ratios import Performance
from trader.backtest.engine import run
from trader.backtest.report import record
from trader.backtest.spec import Backtest
from trader.backtest.stretches import LOOK_BACK_MS
from trader.loading import load

_TIMES = "timestamp"
_NAMES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Job:
    """One test: a strategy's section with parameters of its own, from and to when (ms)."""

    parameters: Mapping[str, Any]
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Found:
    """What came of a job; `hold` is the total return of buy-and-hold meanwhile, `sha256` is over its closed trades."""

    job: Job
    performance: Performance
    hold: float
    trades: int
    equity: str
    sha256: str


@dataclass(frozen=True)
class Failed:
    """A job that could not be done, and why."""

    job: Job
    error: str


@dataclass(frozen=True)
class Setting:
    """What all jobs share."""

    wanted: StrategySettings
    backtest: Backtest
    market: Market
    strategies: Path
    breaks: tuple[int, ...] = ()


def combinations(values: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Each value of one parameter with each of the others."""
    return [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]


@contextmanager
def on_disk(frames: Iterable[Frame]) -> Iterator[Path]:
    """A directory with the candles as files that are mapped into memory, gone at the end of the block."""
    with TemporaryDirectory(prefix="chandler-backtest-") as name:
        directory = Path(name)
        with ExitStack() as stack:
            files = {name: stack.enter_context((directory / name).open("wb")) for name in (_TIMES, *_NAMES)}
            for frame in frames:
                files[_TIMES].write(np.ascontiguousarray(frame.timestamps, dtype=np.int64).tobytes())
                for column in _NAMES:
                    files[column].write(np.ascontiguousarray(frame[column], dtype=np.float64).tobytes())
        yield directory


def mapped(directory: Path) -> Frame:
    """The candles of `on_disk`; all processes that map them share the same memory. StopError if there are none."""
    if not (directory / _TIMES).stat().st_size:
        raise StopError("there are no candles to test on")
    columns = {name: np.asarray(np.memmap(directory / name, dtype=np.float64, mode="r")) for name in _NAMES}
    return Frame(np.asarray(np.memmap(directory / _TIMES, dtype=np.int64, mode="r")), columns)


def in_parallel(
    setting: Setting, directory: Path, jobs: Sequence[Job], processes: int, done: Callable[[], None]
) -> list[Found | Failed]:
    """What came of each job, in their order; `done` is called after each. An interrupt ends all processes at once.

    StopError if a process was ended from outside.
    """
    found, others = dict[int, Found | Failed](), set(active_children())
    # Started afresh: a fork would copy locks that a thread of NumPy's or numba's holds at that moment.
    with ProcessPoolExecutor(min(processes, len(jobs)) or 1, get_context("spawn")) as pool:
        with _deaf():
            waiting = {pool.submit(run_job, setting, directory, job): place for place, job in enumerate(jobs)}
        try:
            for each in as_completed(waiting):
                found[waiting[each]] = each.result()
                done()
        except BrokenProcessPool as error:
            raise StopError(
                "a process of the tests was ended, for want of memory perhaps: --jobs 1 needs less"
            ) from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(active_children()) - others:
                process.terminate()
            raise
    return [found[place] for place in range(len(jobs))]


def run_job(setting: Setting, directory: Path, job: Job) -> Found | Failed:
    """One test, shown no candle after its end."""
    start = setting.backtest.start if job.start is None else job.start
    end = setting.backtest.end if job.end is None else job.end
    backtest = replace(setting.backtest, start=start, end=end)
    try:
        strategy = load(with_parameters(setting.wanted, job.parameters), setting.strategies)
        candles = _needed(mapped(directory), block(backtest.series.step, strategy.warm_up), strategy.warm_up, backtest)
        outcome = run(backtest, strategy, candles, setting.market, breaks=setting.breaks)
    except ChandlerError as error:
        return Failed(job, str(error))
    figures = record(outcome)
    hold = figures.benchmark.total_return
    return Found(job, figures.performance, hold, len(outcome.trades), f"{outcome.equity:f}", outcome.sha256())


def with_parameters(wanted: StrategySettings, parameters: Mapping[str, Any]) -> StrategySettings:
    """The section with these parameters in place of its own."""
    return wanted.model_copy(update={"parameters": {**wanted.parameters, **parameters}})


def _needed(frame: Frame, block: int, warm_up: int, backtest: Backtest) -> Frame:
    """The candles up to the end, from the anchor of the first one on: a part of a long history costs its part only."""
    times = frame.timestamps
    frame = frame.until(len(frame) if backtest.end is None else int(np.searchsorted(times, backtest.end)))
    first = 0 if backtest.start is None else int(np.searchsorted(frame.timestamps, backtest.start))
    if first == len(frame):
        return frame
    lately = int(np.searchsorted(times, times[first] - LOOK_BACK_MS))
    begin = min(anchor(frame.timestamps, first, block, warm_up), first - warm_up, lately)
    return frame.last(len(frame) - max(0, begin))


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are started meanwhile don't hear Ctrl-C, which reaches every process of a terminal: the one that
    waits for them ends them. (Called from the main thread, as signals ask for.)"""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
