"""Diagnostics where a server keeps the database: what is of files is skipped, all else is looked at and counted."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from console.doctor.show import run_doctor
from shared.database import Database, open_database
from shared.database.watch import Slow
from tests.integration.console.market import RUNNING, fill_database

CONFIG = f"""
[exchanges.binance]

[[strategies]]
id = "{RUNNING}"
name = "rsi_reversion"
exchange = "binance"
symbol = "BTC/USDT"
timeframe = "1m"
"""
FILES = ("SQLite", "integrity", "archive", "backups", "drill", "keeper", "WAL")
STORED = ("schema", "clock", "orphan rows", "books", "coverage", "leases")


def examine(directory: Path, url: str, capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """The verdicts of each check."""
    (directory / "chandler.toml").write_text(CONFIG)
    names = ("data", "backups", "archive", "journal", "cache", "strategies")
    environ = {f"CHANDLER_PATHS__{name.upper()}": str(directory / name) for name in names}
    environ |= {"CHANDLER_CONFIG": str(directory / "chandler.toml"), "CHANDLER_DATABASE__URL": url}
    run_doctor(environ, as_json=True, quick=False, strict=False)
    found: dict[str, list[str]] = {}
    for line in json.loads(capsys.readouterr().out)["findings"]:
        found.setdefault(line["check"], []).append(line["verdict"])
    return found


def test_the_doctor_looks_at_what_is_no_file(
    database: Database, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill_database(database)
    found = examine(tmp_path, url, capsys)
    assert {check: found[check] for check in FILES} == {check: ["skipped"] for check in FILES}
    assert {check: found[check] for check in STORED if check != "leases"} == {
        check: ["ok"] for check in STORED if check != "leases"
    }
    assert found["leases"] == ["warning"]  # the market of the tests leases by this host's clock, not the server's


def test_the_doctor_finds_wrong_books_there_too(
    database: Database, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill_database(database)
    with database.write() as connection:
        connection.execute(text("UPDATE positions SET amount = 0.2"))
    assert examine(tmp_path, url, capsys)["books"] == ["failure"]


def test_a_server_that_is_gone_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = examine(tmp_path, f"postgresql://chandler:hunter2@/none?host={tmp_path}", capsys)
    assert found["schema"] == ["failure"]
    assert found["books"] == ["skipped"]


def test_statements_and_transactions_are_counted_and_slow_ones_told(url: str, caplog: pytest.LogCaptureFixture) -> None:
    database = open_database(url, slow=Slow(statement_ms=50, transaction_ms=50))
    with database.write() as connection:
        connection.execute(text("SELECT pg_sleep(0.1)"))
    with database.read() as connection:
        connection.execute(text("SELECT 'hunter2'"))
    figures = database.watch.figures()
    database.close()
    assert figures.transactions == 2
    assert figures.lock_waits == 1
    assert "SELECT pg_sleep(0.1)" in [each.statement for each in figures.slowest]
    assert [message.split(":")[0] for message in caplog.messages] == ["slow statement", "slow transaction"]
    assert "hunter2" not in str(figures)
