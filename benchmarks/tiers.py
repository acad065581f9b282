"""Rows leaving the database while a trader commits, the room given back, and history read across the tiers."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import insert, text

from benchmarks.committer import register
from benchmarks.processes import ROOT
from benchmarks.report import Result, percentile
from schema import migrate
from shared import tiers
from shared.config import TierPolicy
from shared.database import Database, open_database
from shared.database.space import give_back, space
from shared.ledger import record_balances
from shared.models import strategy_metadata
from shared.trading import BalanceChange
from shared.trading.money import ZERO

STRATEGIES, DAYS, EACH = 100, 30, 100
_NOW_US = 1_790_000_000_000_000
_DAY_US = 86_400_000_000
_EVER_US = 2**62
_POLICY = TierPolicy(hot_days=7)


def run() -> list[Result]:
    """Rows a second, a commit's milliseconds meanwhile, and milliseconds to read."""
    with TemporaryDirectory(dir=ROOT) as place:
        file, archive = Path(place) / "trading.db", Path(place) / "archive"
        migrate(f"sqlite:///{file}", file)
        database = open_database(f"sqlite:///{file}", "full")
        try:
            rows = _fill(database)
            register(database)
            shelf = tiers.Shelf(database, archive)
            alone = _beside(file, lambda: time.sleep(5))
            hot = _took(lambda: _read(database, archive))
            moved, moving = _timed(file, lambda: _move(shelf))
            cold = _took(lambda: _read(database, archive))
            with database.write() as connection:
                connection.execute(text("DELETE FROM change_log"))
            before = space(file)
            given, giving = _timed(file, lambda: give_back(file, 0, lambda: True, shelf.pause))
            size = sum(path.stat().st_size for path in archive.rglob("*.parquet"))
            return _results(rows, alone, moved, moving, hot, cold, given, giving, before.file_bytes, size)
        finally:
            database.close()


def _results(
    rows: int,
    alone: list[float],
    moved: tuple[int, float],
    moving: list[float],
    hot: list[float],
    cold: list[float],
    given: tuple[int, float],
    giving: list[float],
    file_bytes: int,
    size: int,
) -> list[Result]:
    count, seconds = moved
    back, took = given
    return [
        Result(
            f"balances into files, of {rows:,} rows",
            f"{count / seconds:,.0f} rows/s",
            f"{size / count:.0f} bytes a row",
        ),
        Result(
            "a trader's commit meanwhile, p50 / p99 / largest",
            _figures(moving),
            f"alone {_figures(alone)}",
            "p99 < 10 ms",
            percentile(moving, 0.99) < 10,
        ),
        Result("room given back", f"{back / 1e6:,.0f} of {file_bytes / 1e6:,.0f} MB in {took:.1f} s"),
        Result("a trader's commit meanwhile", _figures(giving), "", "p99 < 10 ms", percentile(giving, 0.99) < 10),
        Result(
            f"a strategy's {DAYS * EACH:,} balances, from database and files",
            f"{median(cold):.0f} ms",
            f"all in the database: {median(hot):.0f} ms",
        ),
    ]


def _fill(database: Database) -> int:
    words = {"strategy_name": "s", "config": "{}", "status": "halted", "reason": "", "broker": "paper"}
    place = {"exchange": "binance", "symbol": "BTC/USDT", "timeframe": "1m", "created_at_us": 0, "updated_at_us": 0}
    with database.write() as connection:
        connection.execute(
            insert(strategy_metadata), [{"strategy_id": f"s{n}", **words, **place} for n in range(STRATEGIES)]
        )
    for day in range(DAYS, 0, -1):
        begin = _NOW_US - day * _DAY_US
        changes = [_change(n, each, begin) for each in range(EACH) for n in range(STRATEGIES)]
        with database.write() as connection:
            record_balances(connection, changes)
    return STRATEGIES * DAYS * EACH


def _change(number: int, each: int, begin_us: int) -> BalanceChange:
    at_us = begin_us + each * _DAY_US // EACH + number
    total, where = Decimal(each * number) / 7, (f"s{number}", "binance", "USDT")
    return BalanceChange(*where, total, ZERO, Decimal("0.1"), "paper", f"trade {each}", at_us)


def _move(shelf: tiers.Shelf) -> int:
    return tiers.move_aged(shelf, tiers.AGED["balance_history"], _POLICY, _EVER_US, _NOW_US).deleted


def _read(database: Database, archive: Path) -> None:
    with database.read() as connection:
        found = sum(1 for _ in tiers.balances(connection, archive, "s7"))
    if found != DAYS * EACH:
        raise SystemExit(f"{found} rows were read")


def _took(work: Callable[[], object], rounds: int = 5) -> list[float]:
    took = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        took.append((time.perf_counter() - begin) * 1000)
    return took


def _timed(file: Path, work: Callable[[], int]) -> tuple[tuple[int, float], list[float]]:
    """What work gives and its seconds, and the commits of a trader meanwhile."""
    done: list[tuple[int, float]] = []

    def timed() -> None:
        begin = time.perf_counter()
        done.append((work(), time.perf_counter() - begin))

    commits = _beside(file, timed)
    return done[0], commits


def _beside(file: Path, work: Callable[[], None]) -> list[float]:
    """Milliseconds of each commit of a process that does nothing else, until the work is done."""
    command = [sys.executable, "-c", _COMMITTER, str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        work()
        told, _ = child.communicate("stop\n")
    took: list[float] = json.loads(told)
    return took


_COMMITTER = """
import json, select, sys, time
from benchmarks.committer import write_decision
from shared import ledger
from shared.clock import now_us
from shared.database import open_database
database = open_database(f"sqlite:///{sys.argv[1]}", "full", readers=1)
took, candle = [], now_us()
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0.005)[0]:
    candle += 1
    begin = time.perf_counter()
    with database.write() as connection:
        write_decision(connection, candle)
    took.append(round((time.perf_counter() - begin) * 1000, 3))
print(json.dumps(took))
"""


def _figures(took: list[float]) -> str:
    return f"{median(took):.2f} / {percentile(took, 0.99):.2f} / {max(took):.1f} ms"
