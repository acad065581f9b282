"""`chandler ledger` as an operator types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.database import Database
from tests.integration.console.market import fill_database


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "chandler.toml").write_text("[exchanges.binance]\n", encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CHANDLER_")}
    return clean | {"CHANDLER_CONFIG": str(tmp_path / "chandler.toml"), "CHANDLER_PATHS__DATA": str(tmp_path)}


def chandler(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "console", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_books_that_add_up_are_told_so(environ: dict[str, str], database: Database) -> None:
    fill_database(database)
    done = chandler(environ, "ledger", "verify")
    assert (done.returncode, done.stdout) == (0, "no difference in 2 strategies and 3 trades\n")
    as_json = json.loads(chandler(environ, "ledger", "verify", "--json").stdout)
    assert as_json == {"strategies": 2, "trades": 3, "differences": []}


def test_a_difference_is_told_and_is_exit_code_1(environ: dict[str, str], database: Database) -> None:
    fill_database(database)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE positions SET amount = '0.2'")
    done = chandler(environ, "ledger", "verify")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "rsi-btc: amount of BTC/USDT is 0.2, its trades make 0.1",
        "1 difference in 2 strategies and 3 trades",
    ]
    as_json = chandler(environ, "ledger", "verify", "--json")
    assert as_json.returncode == 1
    assert json.loads(as_json.stdout)["differences"] == [
        {"strategy_id": "rsi-btc", "what": "amount of BTC/USDT", "stored": "0.2", "derived": "0.1"}
    ]


def test_a_replay_needs_neither_configuration_nor_database(tmp_path: Path) -> None:
    (tmp_path / "fills.csv").write_text("trade_id,symbol,side,amount,price\n1,BTC/USDT,buy,2,100\n", encoding="utf-8")
    environ = {**os.environ, "CHANDLER_CONFIG": str(tmp_path / "nowhere.toml")}
    out = tmp_path / "out.json"
    done = chandler(environ, "ledger", "replay", str(tmp_path / "fills.csv"), "--out", str(out), "--mark", "101")
    assert (done.returncode, done.stdout) == (0, f"{out}: 1 fill\n")
    assert json.loads(out.read_text())[0]["unrealized_pnl"] == "2"


def test_a_bad_row_is_told_with_its_line_and_is_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "fills.csv").write_text("trade_id,symbol,side,amount,price\n1,BTC/USDT,buy,2,free\n", encoding="utf-8")
    done = chandler(dict(os.environ), "ledger", "replay", str(tmp_path / "fills.csv"), "--out", str(tmp_path / "o.csv"))
    assert done.returncode == 1
    assert "fills.csv line 2: price 'free' is no number" in done.stderr
    assert "nothing was written" in done.stderr
