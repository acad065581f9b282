"""Replicas without their processes: real fleets on a real database, on a host whose clock a test turns."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import structlog
from sqlalchemy import Connection

from shared import ledger
from shared.config import StrategySettings
from shared.database import Database, LeaseTime, open_database
from shared.errors import LeaseLostError, RetryError
from shared.trading import Lease
from trader.fleet import Fleet

TERM = 7
SECOND = 1_000_000


def settings(name: str) -> StrategySettings:
    return StrategySettings.model_validate(
        {"id": name, "name": "flip", "exchange": "binance", "symbol": "BTC/USDT", "timeframe": "1m"}
    )


@dataclass
class Line:
    """A process's way to the database, which can be cut."""

    database: Database
    is_cut: bool = False

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self._require()
        with self.database.write() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self._require()
        with self.database.read() as connection:
            yield connection

    def _require(self) -> None:
        if self.is_cut:
            raise RetryError("the disk does not answer")


@dataclass
class Host:
    """One host: its boot clock in microseconds, the database, and the replicas that live on it."""

    path: Path
    names: list[str]
    now: int = 1_000 * SECOND
    boots: int = 1
    fleets: dict[str, Fleet] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    started: int = 0

    def __post_init__(self) -> None:
        self.database = open_database(f"sqlite:///{self.path}", "normal")
        with self.database.write() as connection:
            for name in self.names:
                ledger.register(connection, settings(name), 1, self.now, self.boot())

    def lease_time(self, _: Connection) -> LeaseTime:
        return LeaseTime(self.now, self.boot())

    def boot(self) -> str:
        return f"boot-{self.boots}"

    def start(self) -> str:
        """A new process, which is never named as another was."""
        self.started += 1
        owner = f"p{self.started}"
        line = self.lines[owner] = Line(self.database)
        wanted = {name: settings(name) for name in self.names}
        log = structlog.get_logger()
        self.fleets[owner] = Fleet(
            cast("Database", line), wanted, owner, TERM, log, clock=lambda: self.now, lease_time=self.lease_time
        )
        return owner

    def turn(self, owner: str, *, candles: bool = False) -> None:
        """A process does one round."""
        fleet = self.fleets[owner]
        try:
            fleet.keep(lambda _: True)
            for strategy_id in list(fleet.held) if candles else []:
                fleet.pass_on(strategy_id)
        except RetryError:
            assert self.lines[owner].is_cut

    def kill(self, owner: str) -> None:
        del self.fleets[owner], self.lines[owner]

    def stop(self, owner: str) -> None:
        self.fleets[owner].leave()
        self.kill(owner)

    def reboot(self) -> None:
        """Nothing survives, and the boot clock begins again."""
        self.fleets.clear()
        self.lines.clear()
        self.now, self.boots = 5 * SECOND, self.boots + 1

    def run(self, seconds: float, *, candles: bool = False) -> None:
        """All do their rounds, one each 100 ms; with `candles` every strategy decides in each."""
        for _ in range(round(seconds * 10)):
            self.now += SECOND // 10
            for owner in self.fleets:
                self.turn(owner, candles=candles)

    def write(self, lease: Lease, candle: int) -> bool:
        """What a trader's transaction does first, and that it moves the cursor; False if it was refused."""
        try:
            with self.database.write_as(lease.strategy_id) as connection:
                ledger.fence(connection, lease, self.now, self.boot())
                return ledger.advance(connection, lease.strategy_id, candle, lease.token, 1)
        except LeaseLostError:
            return False

    def loads(self) -> list[int]:
        """How many strategies each replica holds, by its own knowledge, fewest first."""
        return sorted(len(self.sure_of(owner)) for owner in self.fleets)

    def sure_of(self, owner: str) -> list[Lease]:
        """The leases a process would act on without asking the database."""
        return [lease for lease in self.fleets[owner].held.values() if lease.is_held(self.now, self.boot())]

    def believers(self) -> Counter[str]:
        """Of each strategy, how many processes would act for it now."""
        return Counter(lease.strategy_id for owner in self.fleets for lease in self.sure_of(owner))

    def is_whole(self) -> bool:
        """Whether every strategy is run by one replica, and each replica has its fair share."""
        loads = self.loads()
        return sum(loads) == len(self.names) == len(self.believers()) and loads[-1] - loads[0] <= 1
