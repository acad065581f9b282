"""Real processes to measure: a simulator, a database, a configured service."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from console.demo.children import Child, start, stop_all
from console.demo.stack import free_port, wait_for

ROOT = Path(__file__).parents[1]
REAL_CANDLES = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Place:
    """A directory of its own for one run: a configuration, a database, logs."""

    directory: Path
    environ: Mapping[str, str]

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.directory / "trading.db"

    def start(self, name: str, *arguments: str, **environ: str) -> Child:
        """A service of this place, `place.start("trader", "-m", "trader")`."""
        health = {"CHANDLER_HEALTH_FILE": str(self.directory / f"health-{name}.json")}
        command = [sys.executable, *arguments]
        log = self.directory / f"{name}.log"
        return start(name, command, {**self.environ, **health, **environ}, ROOT, log)


@contextmanager
def place(config: str) -> Iterator[Place]:
    """A fresh place with an empty database; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="chandler-bench-") as name:
        directory = Path(name)
        (directory / "chandler.toml").write_text(config, encoding="utf-8")
        environ = {
            **os.environ,
            "CHANDLER_CONFIG": str(directory / "chandler.toml"),
            "CHANDLER_PATHS__DATA": name,
            "CHANDLER_PATHS__JOURNAL": str(directory / "journal"),
            "CHANDLER_PATHS__BACKUPS": str(directory / "backups"),
            "CHANDLER_PATHS__STRATEGIES": str(Path(__file__).parent / "strategies"),
            "CHANDLER_LOGS__LEVEL": "warning",
        }
        subprocess.run([sys.executable, "schema.py"], cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)
        yield Place(directory, environ)


@contextmanager
def simulator(*arguments: str) -> Iterator[str]:
    """A simulator without request limit on a free port; gives its URL."""
    port = free_port(0)
    with tempfile.TemporaryDirectory(prefix="chandler-sim-") as name:
        command = [sys.executable, "-m", "simulator", "--port", str(port), "--weight-limit", "0", *arguments]
        child = start("simulator", command, dict(os.environ), ROOT, Path(name) / "simulator.log")
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{url}/api/v3/ping", child, seconds=120)
            yield url
        finally:
            stop_all([child])


def year_of_candles() -> tuple[list[str], str, str, str]:
    """Simulator arguments for a year of 1m candles, its start, its end, and what it is: the real 2021 if at hand."""
    real = REAL_CANDLES / "binance_BTC-USDT_1m_2021.parquet"
    if real.is_file():
        return ["--replay", str(real)], "2021-01-01", "2022-01-01", "real 2021, replayed"
    return ["--days", "200", "--warm"], "", "", "random walk, 200 days (the real file is not at hand)"
