"""The scripts in examples/, each run as a user runs it, on a database of its own."""

import re
import subprocess
import sys
from pathlib import Path
from select import select

import pytest

from shared import ledger
from shared.database import Database
from tests.integration.console.market import fill_database

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
WHOLE_LINES = 30


def run(name: str, *arguments: object) -> str:
    """What an example prints."""
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, env={"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def filled(database: Database, database_file: Path) -> Path:
    fill_database(database)
    return database_file


def test_record_balances(filled: Path) -> None:
    printed = run("record_balances", filled)
    assert "USDT: 1151 in all, 0 of it held by orders" in printed
    assert "BTC: 0.125" in printed


def test_own_positions(filled: Path, database: Database) -> None:
    first, again = run("own_positions", filled), run("own_positions", filled)
    assert first.splitlines()[1:] == again.splitlines()[1:]
    assert "0.09995 BTC at 63500.25, live P&L" in first
    assert "hand-3: sell 0.09995 at 66000" in again
    with database.read() as connection:
        assert ledger.verify(connection) == []


def test_portfolio(filled: Path) -> None:
    printed = run("portfolio", filled)
    assert "paper USDT: equity" in printed
    assert "rsi-btc: 0.1 of BTC/USDT, P&L 1.27 USDT" in printed
    assert re.search(r"paper USDT: [+-]\d+\.\d\d% in 30 days", printed)


def test_follow_changes(filled: Path) -> None:
    command = [sys.executable, "-u", str(EXAMPLES / "follow_changes.py"), str(filled), "60"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)}) as it:
        assert it.stdout is not None
        try:
            while not (line := _line_after_a_record(filled, it)) and it.poll() is None:
                pass
        finally:
            it.kill()
    assert line == "binance-main: 1250.75 USDT (recorded)\n"


def _line_after_a_record(filled: Path, it: "subprocess.Popen[str]") -> str:
    assert it.stdout is not None
    run("record_balances", filled)
    ready, _, _ = select([it.stdout], [], [], 2)
    return it.stdout.readline() if ready else ""


def test_candles_to_numpy(filled: Path) -> None:
    printed = run("candles_to_numpy", filled, "binance", "BTC/USDT", "1m")
    assert "120 candles, the last closed at" in printed
    assert "120 candles in all, highest 107.0" in printed


def test_backup_and_restore(filled: Path, tmp_path: Path) -> None:
    printed = run("backup_and_restore", filled, tmp_path / "then.db")
    assert "sound" in printed
    assert "at that instant: 1 USDT" in printed


def test_async_loop(filled: Path) -> None:
    assert run("async_loop", filled) == "async has 42.1 USDT\n42.1\n"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_every_example_is_short_and_tested_here(path: Path) -> None:
    assert len([line for line in path.read_text().splitlines() if line]) < WHOLE_LINES
    assert f"test_{path.stem}" in globals()
