"""Market data nobody has to check again: three exchanges, sixty series, faults of every kind, and kills.

Short here; ten minutes with CHANDLER_SOAK=1 (`make soak`).
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import pytest

from benchmarks.report import percentile
from shared.market import Interval, Series
from tests.e2e.market.exchanges import DIALECTS, ROOT, SimulatedExchange, configuration, exchanges, first_wanted
from tests.e2e.market.requests import Life, answered, during_bans, needed
from tests.e2e.market.trouble import Trouble
from tests.e2e.market.waiting import until

SECONDS = int(os.environ.get("CHANDLER_DRILL_SECONDS") or (600 if os.environ.get("CHANDLER_SOAK") else 75))
QUIET_SECONDS = 240
WASTE = 1.10 if SECONDS >= 600 else 1.50  # in a short run the start is most of it
SETTLED_MS = 12_000  # `settle_seconds` of the configuration, and a little
COMPARE = """
import json, sys
from shared.database.sqlite import library
rows = library().connect(sys.argv[1]).execute(
    "SELECT timestamp, open, high, low, close, volume FROM ohlcv_data WHERE exchange = ? AND symbol = ?"
    " AND timeframe = ? ORDER BY timestamp", sys.argv[2:]).fetchall()
print(json.dumps(rows))
"""


@dataclass
class Desk:
    """A directory with a configuration and a database, and the processes that run on it."""

    directory: Path
    environ: dict[str, str]
    lives: list[Life] = field(default_factory=list)
    running: "subprocess.Popen[bytes] | None" = None

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.directory / "trading.db"

    def start(self) -> None:
        """Start a backfiller."""
        with (self.directory / "backfiller.log").open("ab") as log:
            command = [sys.executable, "-m", "backfiller"]
            self.running = subprocess.Popen(command, cwd=ROOT, env=self.environ, stdout=log, stderr=log)
        self.lives.append(Life(now(), now()))

    def end(self, how: signal.Signals) -> None:
        """End the backfiller."""
        assert self.running is not None
        assert self.running.poll() is None, (self.directory / "backfiller.log").read_text()[-3000:]
        self.running.send_signal(how)
        self.running.wait(60)
        self.lives[-1] = Life(self.lives[-1].start, now())

    def commits(self, seconds: float) -> "subprocess.Popen[str]":
        """A process that commits what a trader commits, and times it."""
        command = [sys.executable, "-m", "benchmarks.committer", str(self.database), str(seconds), "50"]
        return subprocess.Popen(command, cwd=ROOT, env=self.environ, stdout=subprocess.PIPE, text=True)

    def rows(self, series: Series) -> list[list[float]]:
        """What is stored of a series, read by a process of its own."""
        command = [sys.executable, "-c", COMPARE, str(self.database), *series.key]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        found: list[list[float]] = json.loads(done.stdout)
        return found

    def status(self) -> list[dict[str, Any]]:
        """`chandler candles status --json`."""
        command = [sys.executable, "-m", "console", "candles", "status", "--json"]
        done = subprocess.run(command, cwd=ROOT, env=self.environ, check=True, capture_output=True, text=True)
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found


def now() -> int:
    """Milliseconds."""
    return time.time_ns() // 1_000_000


@pytest.fixture
def seed() -> int:
    """Printed, so that a failure can be had again."""
    drawn = int(os.environ.get("CHANDLER_SEED") or secrets.randbelow(2**32))
    print(f"CHANDLER_SEED={drawn}")
    return drawn


@pytest.fixture
def found(tmp_path: Path, seed: int) -> Iterator[list[SimulatedExchange]]:
    """Three exchanges."""
    with exchanges(tmp_path, seed) as started:
        yield started


@pytest.fixture
def begin() -> int:
    """The moment from which history is counted back."""
    return now()


@pytest.fixture
def desk(tmp_path: Path, found: list[SimulatedExchange], begin: int) -> Iterator[Desk]:
    """An empty database; what still runs at the end is killed."""
    (tmp_path / "chandler.toml").write_text(configuration(found, tmp_path, begin))
    here = {"CHANDLER_CONFIG": str(tmp_path / "chandler.toml"), "CHANDLER_HEALTH_FILE": str(tmp_path / "health.json")}
    desk = Desk(tmp_path, {**os.environ, **here, "CHANDLER_LOGS__LEVEL": "warning"})
    subprocess.run([sys.executable, "schema.py"], cwd=ROOT, env=desk.environ, check=True, stdout=subprocess.DEVNULL)
    yield desk
    if desk.running and desk.running.poll() is None:
        desk.running.kill()
        desk.running.wait(60)


@pytest.mark.timeout(SECONDS + QUIET_SECONDS + 300)
@pytest.mark.parametrize("kills", [False, True], ids=["faults", "faults and kill -9"])
def test_after_every_kind_of_trouble_the_rows_are_the_exchanges_truth_and_few_requests_were_wasted(
    desk: Desk, found: list[SimulatedExchange], begin: int, seed: int, kills: bool
) -> None:
    trouble, dice = Trouble(found, seed), Random(seed)
    tell("commits of a trader before it all", json.loads(desk.commits(5).communicate(timeout=60)[0]))
    desk.start()
    committer = desk.commits(SECONDS)
    trouble.start()
    over = time.monotonic() + SECONDS
    while time.monotonic() < over:
        life = dice.uniform(4, 12) if kills else SECONDS
        time.sleep(min(life, max(0.0, over - time.monotonic())))
        if kills and time.monotonic() < over:
            desk.end(signal.SIGKILL)
            desk.start()
    trouble.stop()
    tell("commits of a trader meanwhile", json.loads(committer.communicate(timeout=60)[0]))

    end = now()
    until("all series are complete", lambda: now() > end + SETTLED_MS and is_complete(desk), QUIET_SECONDS)
    desk.end(signal.SIGTERM)
    leave_behind(desk, found, trouble)

    for exchange in found:
        for series in exchange.dialect.series:
            part = Interval(first_wanted(exchange.dialect, series, begin), series.floor(end))
            stored = [row for row in desk.rows(series) if part.start <= row[0] < part.end]
            assert stored == exchange.truth(series, part), f"{series} differs"
    for exchange in found:
        told = trouble.times(exchange.dialect.name, "ban", "rate_limit") if exchange.dialect.tells else []
        assert not during_bans(exchange.read_log(), told)
    figures = {each.dialect.name: asked(each, desk, trouble) for each in found}
    assert {name: pair for name, pair in figures.items() if pair[0] > pair[1] * WASTE} == {}


def leave_behind(desk: Desk, found: list[SimulatedExchange], trouble: Trouble) -> None:
    """Write down what was asked, and what went wrong when: a failure is looked into there."""
    story = {"lives": desk.lives, "trouble": trouble.made, "asked": {e.dialect.name: e.read_log() for e in found}}
    (desk.directory / "story.json").write_text(json.dumps(story))


def tell(what: str, took: list[float]) -> None:
    """Print how long they took: a figure to look at, which depends on the machine and its disk."""
    print(f"{len(took)} {what}: p50 {median(took):.2f} ms, p99 {percentile(took, 0.99):.2f} ms, max {max(took):.2f} ms")


def is_complete(desk: Desk) -> bool:
    """Whether the ledger knows every series, without a gap."""
    status = desk.status()
    return len(status) == sum(len(dialect.series) for dialect in DIALECTS) and not any(one["gaps"] for one in status)


def asked(exchange: SimulatedExchange, desk: Desk, trouble: Trouble) -> tuple[int, int]:
    """How many requests for candles were answered as they should, and the least that can have sufficed.

    Not counted is what a fault answered; a page with some impossible rows is such an answer, though the rest of it is
    taken, so that the figure is a little too good.
    """
    name, log = exchange.dialect.name, exchange.read_log()
    candles = [entry for entry in answered(log) if entry["path"].endswith(exchange.dialect.candles)]
    whole = Interval(desk.lives[0].start // 1_000 * 1_000, desk.lives[-1].end)
    symbols = {series.symbol for series in exchange.dialect.series} if exchange.dialect.sends_trades_only else set()
    traded = {symbol: {int(row[0]) for row in exchange.truth(Series(name, symbol, "1s"), whole)} for symbol in symbols}
    least = needed(exchange.dialect, desk.lives, log, trouble.times(name, "websocket_close"), traded)
    print(
        f"{name}: {len(log)} requests in all, {len(candles)} for candles were answered, {least} were needed,"
        f" {100 * (len(candles) / least - 1):+.1f} %"
    )
    return len(candles), least
