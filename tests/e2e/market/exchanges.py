"""Three simulated exchanges as processes, each speaking its own dialect, and what is collected from them."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.market import Interval, Series
from tests.e2e.market.waiting import until

ROOT = Path(__file__).parents[3]
BASES = ("BTC", "ETH", "SOL", "BNB", "ADA", "DOT", "LTC", "LINK", "AVAX", "ATOM")


@dataclass(frozen=True)
class Dialect:
    """What is collected of one exchange, how many minutes of history, its page, whether it streams candles, whether
    it says how long to stay away, and whether its stream speaks only when something trades."""

    name: str
    quote: str
    history: Mapping[str, int]
    page: int
    candles: str
    streams: bool
    tells: bool
    limit: int
    sends_trades_only: bool = False

    @property
    def series(self) -> list[Series]:
        """All pairs in all timeframes."""
        return [Series(self.name, f"{base}/{self.quote}", timeframe) for base in BASES for timeframe in self.history]


DIALECTS = (
    Dialect("binance", "USDT", {"1s": 90, "1m": 3 * 1440}, 1000, "/klines", streams=True, tells=True, limit=6000),
    Dialect(
        "kraken",
        "USD",
        {"1m": 600, "5m": 2400},
        720,
        "/OHLC",
        streams=True,
        tells=False,
        limit=0,
        sends_trades_only=True,
    ),
    Dialect("coinbase", "USD", {"1m": 1440, "5m": 2 * 1440}, 300, "/candles", streams=False, tells=False, limit=0),
)


@dataclass
class SimulatedExchange:
    """A running simulator; `asked` keeps its access log, read before old entries are dropped."""

    dialect: Dialect
    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, path: str, body: Mapping[str, Any] | None = None, method: str | None = None) -> Any:
        """The answer of one of its `/control` endpoints."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read())

    def read_log(self) -> list[dict[str, Any]]:
        """Every request since the beginning."""
        since = self.asked[-1]["n"] if self.asked else 0
        self.asked += self.ask(f"/control/log?since={since}")
        return self.asked

    def truth(self, series: Series, part: Interval) -> list[list[float]]:
        """The candles that exist, closed ones only."""
        query = f"symbol={series.symbol}&timeframe={series.timeframe}&start={part.start}&end={part.end}"
        return [[int(row[0]), *map(float, row[1:])] for row in self.ask(f"/control/truth?{query}")]


@contextmanager
def exchanges(directory: Path, seed: int) -> Iterator[list[SimulatedExchange]]:
    """All dialects, on free ports."""
    started: list[subprocess.Popen[str]] = []
    try:
        found = []
        for dialect in DIALECTS:
            symbols = ",".join(f"{base}/{dialect.quote}" for base in BASES)
            options = ["--dialect", dialect.name, "--symbols", symbols, "--seed", str(seed), "--port", "0"]
            command = [sys.executable, "-m", "simulator", *options, "--weight-limit", str(dialect.limit)]
            log = (directory / f"simulator-{dialect.name}.log").open("w")
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, text=True, env=dict(os.environ))
            started.append(process)
            log.close()
            found.append(SimulatedExchange(dialect, address(Path(log.name), process)))
        yield found
    finally:
        for process in started:
            process.terminate()
            process.wait(30)


def address(log: Path, process: "subprocess.Popen[str]") -> str:
    """Where a simulator listens, once it says so."""

    def said() -> str | None:
        assert process.poll() is None, log.read_text()
        words = log.read_text().split()
        return next((word.rstrip("/,") for word in words if word.startswith("http://")), None)

    found: str = until("a simulator listens", said, seconds=60)
    return found


def configuration(found: list[SimulatedExchange], directory: Path, now: int) -> str:
    """All series of all exchanges, `days` of history each, from fixed starts so that a restart asks for no more."""
    lines = [f'[paths]\ndata = "{directory}"\njournal = "{directory}/journal"\n[backfill]\nticker_seconds = 5\n']
    lines += [
        f'[exchanges.{exchange.dialect.name}]\nurl = "{exchange.url}"\nsettle_seconds = 10\n' for exchange in found
    ]
    lines += [
        f'[[series]]\nexchange = "{series.exchange}"\nsymbol = "{series.symbol}"\ntimeframe = "{series.timeframe}"\n'
        f"start = {_iso(first_wanted(exchange.dialect, series, now))}\n"
        for exchange in found
        for series in exchange.dialect.series
    ]
    return "\n".join(lines)


def first_wanted(dialect: Dialect, series: Series, now: int) -> int:
    """Where the history of a series begins, ms UTC."""
    return series.floor(now - dialect.history[series.timeframe] * 60_000)


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat().replace("+00:00", "Z")
