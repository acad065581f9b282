"""What an operator types, with `database.url` set to a server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.database.version import SCHEMA_VERSION

ROOT = Path(__file__).parents[3]
CONFIG = """
[exchanges.binance]

[[strategies]]
id = "one"
name = "rsi_reversion"
exchange = "binance"
symbol = "BTC/USDT"
timeframe = "1m"
"""


def command(directory: Path, url: str, *words: str) -> "subprocess.CompletedProcess[str]":
    config = directory / "chandler.toml"
    config.write_text(CONFIG)
    own = {
        "CHANDLER_CONFIG": str(config),
        "CHANDLER_PATHS__DATA": str(directory / "data"),
        "CHANDLER_PATHS__BACKUPS": str(directory / "backups"),
        "CHANDLER_DATABASE__URL": url.replace("chandler@", "chandler:hunter2@"),
    }
    run = [sys.executable, *words]
    done = subprocess.run(run, cwd=ROOT, env=os.environ | own, capture_output=True, text=True, check=False)
    assert "hunter2" not in done.stdout + done.stderr
    return done


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("schema.py",), f"is current ({SCHEMA_VERSION})"),
        (("-m", "console", "ledger", "verify"), "0 strategies"),
        (("-m", "console", "status"), "0 candles · 0 signals"),
        (("-m", "console", "halt", "--reason", "a test"), "halted"),
    ],
)
def test_a_command_works_as_on_a_file(tmp_path: Path, url: str, words: tuple[str, ...], told: str) -> None:
    done = command(tmp_path, url, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert told in done.stdout


@pytest.mark.parametrize("what", ["run", "backup", "audit"])
def test_the_keeper_says_that_it_is_for_files_only(tmp_path: Path, url: str, what: str) -> None:
    done = command(tmp_path, url, "-m", "keeper", what)
    assert done.returncode == 1
    assert "is not an SQLite file: its server's own tools look after it" in done.stderr
