"""What these tests stand on: a running simulator, and a place with a configuration and a database."""

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy import text

from backfiller.service import run
from shared.candles import SeriesStatus, covered, series_statuses
from shared.config import load_settings
from shared.database import Database, open_database
from shared.market import Interval, Series

ROOT = Path(__file__).parents[3]
DEADLINE = 120.0
Row = list[float]


def until(what: str, found: Callable[[], Any]) -> Any:
    """What `found` returns once that is true; it is asked again and again until the deadline."""
    deadline = time.monotonic() + DEADLINE
    while not (result := found()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)
    return result


@dataclass(frozen=True)
class Exchange:
    """A running simulator."""

    url: str
    process: "subprocess.Popen[bytes]"

    def ask(self, path: str, body: dict[str, Any] | None = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(  # noqa: S310 - loopback
            urllib.request.Request(self.url + path, data, method=method),  # noqa: S310
            timeout=10,
        ) as answer:
            return json.loads(answer.read())

    def now(self) -> int:
        return int(self.ask("/api/v3/time")["serverTime"])

    def fault(self, **fault: Any) -> None:
        self.ask("/control/faults", fault)

    def clear(self) -> None:
        self.ask("/control/faults", method="DELETE")

    def truth(self, series: Series, part: Interval) -> list[Row]:
        """The candles that exist, closed ones only."""
        query = f"symbol={series.symbol}&timeframe={series.timeframe}&start={part.start}&end={part.end}"
        rows = self.ask(f"/control/truth?{query}")
        return [[int(row[0]), *map(float, row[1:])] for row in rows]

    def log(self, path: str = "klines", since: int = 0) -> list[dict[str, Any]]:
        """The requests to a path, each with its query as a dictionary."""
        entries = [entry for entry in self.ask(f"/control/log?since={since}") if entry["path"].endswith(path)]
        return [entry | {"query": {k: v[0] for k, v in parse_qs(entry["query"]).items()}} for entry in entries]


@dataclass(frozen=True)
class Place:
    """A configuration and a database of one test's own, and the backfiller run on them."""

    directory: Path
    database: Database
    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.directory / "log"

    @property
    def environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "CHANDLER_CONFIG": str(self.directory / "chandler.toml"),
            "CHANDLER_HEALTH_FILE": str(self.directory / "health.json"),
        }

    def configure(
        self, exchange: Exchange, *series: dict[str, Any], backfill: str = "", section: str = "", name: str = "binance"
    ) -> None:
        """Collect these series from the simulator; the limiter is off."""
        tables = "".join(
            "[[series]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in one.items())
            for one in ({"exchange": name, "symbol": "BTC/USDT", "timeframe": "1m"} | each for each in series)
        )
        paths = f'[paths]\ndata = "{self.directory}"\njournal = "{self.directory}/journal"\n'
        head = f"{paths}[backfill]\nticker_seconds = 0.5\n{backfill}\n"
        there = f'[exchanges.{name}]\nurl = "{exchange.url}"\nrate_limit = false\n{section}\n'
        (self.directory / "chandler.toml").write_text(head + there + tables)

    def fetch(self) -> int:
        """Run `--once` within this process, on the database the service would open; its exit code."""
        settings = load_settings(self.environ)
        opened = open_database(settings.database_url(), "normal", busy_timeout_ms=0, readers=1)
        try:
            return asyncio.run(run(settings, opened, once=True))
        finally:
            opened.close()

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start `python -m backfiller` as a process; what it says is added to `log`."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "backfiller", *arguments]
            process = subprocess.Popen(command, cwd=ROOT, env=self.environ, stdout=log, stderr=log)
        self.started.append(process)
        return process

    def rows(self, series: Series) -> list[Row]:
        query = text(
            "SELECT timestamp, open, high, low, close, volume FROM ohlcv_data"
            " WHERE exchange = :e AND symbol = :s AND timeframe = :t ORDER BY timestamp"
        )
        with self.database.read() as connection:
            found = connection.execute(query, dict(zip("est", series.key, strict=True)))
            return [list(row) for row in found]

    def covered(self, series: Series) -> list[Interval]:
        with self.database.read() as connection:
            return covered(connection, series)

    def status(self, series: Series) -> SeriesStatus:
        with self.database.read() as connection:
            return next(status for status in series_statuses(connection) if status.series == series)

    def tickers(self) -> list[Any]:
        with self.database.read() as connection:
            query = (
                "SELECT timestamp, bid, ask, last FROM ticker_data WHERE symbol = 'BTC/USDT' ORDER BY received_at_us"
            )
            return list(connection.execute(text(query)))


Simulate = Callable[..., Exchange]


LOCK = (
    "import sys; from shared.database.sqlite import library\n"
    "connection = library().connect(sys.argv[1], isolation_level=None)\n"
    "connection.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.readline()\n"
)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process is in the middle of a transaction that writes."""
    command = [sys.executable, "-c", LOCK, str(path)]
    holder = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
    finally:
        holder.kill()
        holder.communicate()
