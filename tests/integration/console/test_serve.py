"""`python -m console serve` and `status` as processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from time import monotonic, sleep

import pytest

from shared import ledger
from shared.clock import now_us
from shared.database import Database
from shared.trading import State, StateRow
from tests.integration.console.market import RUNNING, fill_database

CONFIG = "[exchanges.binance]\n"


@pytest.fixture
def environ(tmp_path: Path, database: Database) -> dict[str, str]:
    fill_database(database)
    (tmp_path / "chandler.toml").write_text(CONFIG, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CHANDLER_")}
    return clean | {
        "CHANDLER_CONFIG": str(tmp_path / "chandler.toml"),
        "CHANDLER_PATHS__DATA": str(tmp_path),
        "CHANDLER_HEALTH_FILE": str(tmp_path / "health.json"),
    }


def chandler(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "console", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_it_serves_reports_health_and_ends_cleanly_on_sigterm(environ: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environ["CHANDLER_CONSOLE__PORT"] = str(port)
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen([sys.executable, "-m", "console", "serve"], env=environ, stderr=log)
    try:
        deadline = monotonic() + 60
        health = tmp_path / "health.json"
        while not (health.exists() and "started" in (tmp_path / "log").read_text()):
            assert server.poll() is None, (tmp_path / "log").read_text()
            assert monotonic() < deadline
            sleep(0.05)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
            assert RUNNING in page.read().decode()
        assert json.loads(health.read_text())["healthy"] is True
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0


def test_a_port_that_is_taken_is_said_so(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = chandler(environ | {"CHANDLER_CONSOLE__PORT": str(taken.getsockname()[1])}, "serve")
    assert done.returncode == 1
    assert "chandler: can't listen on 127.0.0.1:" in done.stderr
    assert "Traceback" not in done.stderr


def test_status_shows_every_strategy(environ: dict[str, str]) -> None:
    done = chandler(environ | {"COLUMNS": "140"}, "status")
    assert done.returncode == 0, done.stderr
    assert "rsi-btc" in done.stdout
    assert "+1.27" in done.stdout


def test_status_for_programs_is_json_with_exact_money(environ: dict[str, str]) -> None:
    found = json.loads(chandler(environ, "status", "--json").stdout)
    assert found["totals"]["pnl"] == {"USDT": "1.27"}


def test_a_database_that_is_not_there_is_said_so(environ: dict[str, str], tmp_path: Path) -> None:
    done = chandler(environ | {"CHANDLER_PATHS__DATA": str(tmp_path / "elsewhere")}, "status")
    assert done.returncode == 1
    assert "there is no database" in done.stderr
    assert not (tmp_path / "elsewhere").exists()


def test_status_tells_why_a_strategy_is_halted(environ: dict[str, str], database: Database) -> None:
    with database.write() as connection:
        ledger.set_state(connection, StateRow(RUNNING, State.HALTED, "strategy", "no strategy 'rsi'"), now_us())
    done = chandler(environ, "status")
    assert "rsi-btc halted by an error of the strategy: no strategy 'rsi'" in done.stdout
