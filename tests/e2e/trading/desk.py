"""An exchange with an account, a backfiller, and strategies that trade on every candle."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.database.sqlite import library
from tests.e2e.market.exchanges import address
from tests.e2e.trading.account import Account

ROOT = Path(__file__).parents[3]
SYMBOLS = ("BTC/USDT", "ETH/USDT")
#: What runs, and as what: of each symbol two that trade on every candle, and one with resting orders and stops.
STRATEGIES = {
    f"{symbol[:3].lower()}-{number}": "edgy" if number == 3 else "flip" for symbol in SYMBOLS for number in (1, 2, 3)
}

FLIP = """
from chandler import Frame, Position, Signal, Strategy, buy, sell

class Flip(Strategy):
    @property
    def warm_up(self) -> int:
        return 2

    def decide(self, frame: Frame, position: Position) -> Signal:
        return sell(reason="flip") if position.is_open else buy("0.02", reason="flip")
"""
EDGY = """
from decimal import Decimal
from chandler import Frame, Position, Signal, Strategy, buy, hold, sell

class Edgy(Strategy):
    @property
    def warm_up(self) -> int:
        return 2

    def decide(self, frame: Frame, position: Position) -> Signal:
        close = Decimal(str(frame.close[-1]))
        if frame.timestamps[-1] // 1000 % 8 == 7:
            return sell(reason="enough")
        if position.is_open:
            return hold()
        return buy("0.02", limit=close * Decimal("0.99995"), stop=close * Decimal("0.9999"))
"""
CONFIG = """
[paths]
data = "{directory}"
journal = "{directory}/journal"
strategies = "{directory}"

[exchanges.binance]
url = "{url}"
key = "demo-key"
secret = "demo-secret"
timeout_seconds = 2
order_seconds = 0.5
settle_seconds = 10

[trader]
lease_seconds = 3
poll_ms = 20

[risk]
price_band = 1

[backfill]
ticker_seconds = 0.5
"""
STRATEGY = """
[[strategies]]
id = "{id}"
name = "{name}"
exchange = "binance"
symbol = "{symbol}"
timeframe = "1s"
broker = "live"
"""


@dataclass(frozen=True)
class Desk:
    """Where it all lies, and the exchange."""

    directory: Path
    url: str

    @property
    def account(self) -> Account:
        return Account(self.url)

    @property
    def environ(self) -> dict[str, str]:
        """For the processes of the stack."""
        settings = {
            "CHANDLER_CONFIG": str(self.directory / "chandler.toml"),
            "CHANDLER_HEALTH_FILE": str(self.directory / "health.json"),
        }
        return {**os.environ, **settings}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a user's SQL would see."""
        with closing(library().connect(self.directory / "trading.db", timeout=10)) as connection:
            return list(connection.execute(query))

    def start(self, *command: str, log: str) -> "subprocess.Popen[str]":
        """A process of the stack, or of this test."""
        with (self.directory / f"{log}.err").open("a") as errors:
            return subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=self.environ, stdout=subprocess.PIPE, stderr=errors,
                text=True,
            )  # fmt: skip

    @contextmanager
    def living(self, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
        """The process that lets traders live and die; nobody outlives the test."""
        words = [str(argument) for argument in arguments]
        with self.start("tests.e2e.trading.lives", str(self.directory), *words, log="lives") as process:
            try:
                yield process
            finally:
                process.terminate()

    def chandler(self, *words: str) -> str:
        """What the command line says."""
        command = [sys.executable, "-m", "console", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def trouble(self, fault: Mapping[str, Any]) -> None:
        """Something goes wrong at the exchange from now on."""
        request = urllib.request.Request(f"{self.url}/control/faults", json.dumps(fault).encode())  # noqa: S310
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - loopback

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        request = urllib.request.Request(f"{self.url}/control/faults", method="DELETE")  # noqa: S310
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310


@contextmanager
def trading_desk(directory: Path, seed: int) -> Iterator[Desk]:
    """The exchange and the backfiller run; nobody trades yet."""
    log = directory / "simulator.log"
    options = ["--symbols", ",".join(SYMBOLS), "--seed", str(seed), "--port", "0", "--weight-limit", "0"]
    balances = ["--balance", "USDT=60000", "--balance", "BTC=0", "--balance", "ETH=0"]
    with log.open("w") as out:
        command = [sys.executable, "-m", "simulator", *options, *balances, "--days", "1", "--seconds-days", "1"]
        simulator = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, text=True)
    backfiller = None
    try:
        desk = Desk(directory, address(log, simulator))
        sections = "".join(
            STRATEGY.format(id=key, name=name, symbol=next(s for s in SYMBOLS if s[:3].lower() == key[:3]))
            for key, name in STRATEGIES.items()
        )
        (directory / "flip.py").write_text(FLIP)
        (directory / "edgy.py").write_text(EDGY)
        (directory / "chandler.toml").write_text(CONFIG.format(directory=directory, url=desk.url) + sections)
        subprocess.run([sys.executable, ROOT / "schema.py"], cwd=directory, env=desk.environ, check=True)
        backfiller = desk.start("backfiller", log="backfiller")
        yield desk
    finally:
        for process in (backfiller, simulator):
            if process is not None:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=30)
