"""`python -m tests.e2e.trading.lives DIRECTORY KILLS HITS SECONDS SEED`: traders that live until a bomb or a shot.

One process loads everything and forks a trader for each strategy, again and again, so that a life begins at once.
Half of them meet a bomb at the point that was hit least so far, the others are shot at a random moment. At the end
one peaceful life each, until SIGTERM; what was hit how often is printed as JSON.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from shared.config import load_settings
from shared.logs import start_logging
from shared.stop import Stop, stop_on_signals
from tests.e2e.trading.bomb import Bomb, lay
from trader.main import run, wanted_strategies

#: A life in which a bomb's point does not come up ends by a shot.
_LONGEST_LIFE = 10.0
_POINTS_OF_THE_CYCLE = (
    "decide_candle", "enter_holds", "_send", "_settle", "watch_position", "POST /api/v3/order", "GET /api/v3/order:",
    "DELETE /api/v3/order", "GET /api/v3/openOrders", "GET /api/v3/myTrades", "GET /api/v3/account:",
)  # fmt: skip


@dataclass
class Lives:
    """The traders that run, each with when it is shot (monotonic seconds)."""

    directory: Path
    dice: random.Random
    running: dict[int, tuple[str, float]] = field(default_factory=dict)
    shots: int = 0

    def seen(self, strategy_id: str) -> Path:
        """The points that one strategy ever came to."""
        return self.directory / f"{strategy_id}.points"

    @property
    def hits(self) -> Path:
        return self.directory / "points-hit"

    def counted(self) -> Counter[str]:
        """How often each point of the cycle that was ever seen was hit."""
        seen = set[str]().union(*(self._points(file) for file in self.directory.glob("*.points")))
        return Counter(dict.fromkeys(seen, 0) | Counter(_lines(self.hits)))

    def _points(self, file: Path) -> set[str]:
        return {point for point in _lines(file) if point.startswith(_POINTS_OF_THE_CYCLE)}

    def begin(self, strategy_id: str, *, peaceful: bool = False) -> None:
        """Fork a trader that runs this strategy."""
        point, times = self._target(strategy_id) if not peaceful else (None, 0)
        age = _LONGEST_LIFE if point else self.dice.uniform(0.05, 8.0)
        child = os.fork()
        if child:
            self.running[child] = strategy_id, time.monotonic() + (1e9 if peaceful else age)
            return
        try:
            lay(Bomb(point, times, self.seen(strategy_id), self.hits))
            _trade(strategy_id, self.directory / f"{strategy_id}.log")
        finally:
            os._exit(1)  # whatever happened: this is not the process that counts lives

    def reap(self) -> list[str]:
        """Shoot whose time has come; the strategies that have nobody now."""
        for child, (_, until) in self.running.items():
            if time.monotonic() > until:
                self.shots += 1
                os.kill(child, signal.SIGKILL)
        free = []
        while self.running:
            child, _ = os.waitpid(-1, os.WNOHANG)
            if not child:
                break
            free.append(self.running.pop(child)[0])
        return free

    def _target(self, strategy_id: str) -> tuple[str | None, int]:
        """A point this strategy comes to that was hit least; none in a quarter of the lives."""
        counted, mine = self.counted(), self._points(self.seen(strategy_id))
        if not mine or self.dice.random() < 0.25:
            return None, 0
        least = min(counted[point] for point in mine)
        points = sorted(point for point in mine if counted[point] <= least + 1)
        return self.dice.choice(points), self.dice.choice((1, 1, 1, 2))


def _trade(strategy_id: str, log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    settings = load_settings(os.environ)
    logger = start_logging("trader", "info", as_json=True)
    run(settings, wanted_strategies(settings, strategy_id), logger, stop_on_signals())
    os._exit(0)


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def _peace(lives: Lives, strategies: list[str], stop: Stop) -> list[int]:
    """One life each to the end; their exit codes."""
    for strategy_id in strategies:
        lives.begin(strategy_id, peaceful=True)
    stop.wait(600)
    for child in lives.running:
        os.kill(child, signal.SIGTERM)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in lives.running]


def main(directory: Path, kills: int, hits: int, seconds: float, seed: int) -> None:
    """Kill until it was often enough, or the time is over; then be peaceful until SIGTERM."""
    lives = Lives(directory, random.Random(seed))
    strategies = [strategy.id for strategy in load_settings(os.environ).strategies]
    over = time.monotonic() + seconds
    for strategy_id in strategies:
        lives.begin(strategy_id)
    while time.monotonic() < over:
        for strategy_id in lives.reap():
            lives.begin(strategy_id)
        counted = lives.counted()
        if counted and min(counted.values()) >= hits and sum(counted.values()) + lives.shots >= kills:
            break
        time.sleep(0.05)
    for child in lives.running:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    lives.running.clear()
    (directory / "peace").touch()
    codes = _peace(lives, strategies, stop_on_signals())
    print(json.dumps({"hits": lives.counted(), "shots": lives.shots, "exit_codes": codes}), flush=True)


if __name__ == "__main__":
    import_module("trader.live")  # before the first fork: a life begins at once then
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
