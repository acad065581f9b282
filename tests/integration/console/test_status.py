"""`chandler status`: what it shows of the upkeep, on a terminal and as JSON."""

import json
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import insert

from console.status.show import show_status
from shared.clock import now_us
from shared.config import Settings
from shared.database import Database
from shared.errors import ChandlerError
from shared.models import archive_months, tier_files
from shared.run import running
from shared.upkeep import Sample, alone, begin, finish, keeper_lock, save
from tests.integration.console.market import RUNNING, fill_database

DAY_US = 86_400 * 1_000_000
GB = 1_000_000_000


def settings_for(directory: Path) -> Settings:
    return Settings.model_validate(
        {
            "exchanges": {"binance": {}},
            "paths": {"data": directory, "archive": directory / "archive", "backups": directory / "backups"},
        }
    )


def look_after(database: Database, now: int) -> None:
    """Two days of samples, a backup and a drill that went well, and an audit that did not."""
    with database.write() as connection:
        for hour in range(49):
            taken = now - 2 * DAY_US + hour * DAY_US // 24
            save(connection, Sample(taken, GB, 0, 2 * GB, 3 * GB, 100 * GB - hour * GB // 24, 200 * GB))
        finish(connection, "backup", now - DAY_US // 4, now - DAY_US // 4, 8.0, figures={"path": "x", "bytes": 7})
        finish(connection, "drill", now - DAY_US // 8, now - DAY_US // 8, 12.0, figures={"path": "x"})
        finish(connection, "audit", now - 60_000_000, now - 60_000_000, 0.1, failure="the books don't\nadd up")
        begin(connection, "archive", now)


@pytest.fixture
def filled(database: Database) -> Database:
    fill_database(database)
    look_after(database, now_us())
    return database


def shown(directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    assert show_status(settings_for(directory), as_json=False) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [80, 120])
def test_it_tells_how_what_is_stored_is_looked_after_in_lines_that_fit(
    filled: Database,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
) -> None:
    with alone(keeper_lock(tmp_path / "trading.db"), "process 7 on here"), running(tmp_path, "trader", filled):
        deadline = monotonic() + 30
        while not list((tmp_path / "run").glob("trader-*.json")):
            assert monotonic() < deadline
            sleep(0.01)
        text = shown(tmp_path, capsys, monkeypatch, width)
    assert max(map(len, text.splitlines())) <= width
    flat = " ".join(text.split())
    assert "archive 2.0 GB" in flat
    assert "fills by 1.0 GB a day" in flat
    assert "(fair confidence)" in flat
    assert "3.0 GB; full 6 h ago, drilled 3 h ago in 12 s" in flat
    assert "keeper process 7 on here" in flat
    assert "audit failed 60 s ago: the books don't add up" in flat
    assert "1 of 2 strategies held by 1 trader; free: ema-btc" in flat
    assert "trader" in flat
    assert "slowest statements" in flat


def test_the_json_has_what_it_always_had_and_the_upkeep(
    filled: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_status(settings_for(tmp_path), as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"at_ms", "totals", "desk", "exchanges", "series", "strategies", "latest_trades"} <= told.keys()
    assert told["storage"]["database_bytes"] > 0
    assert told["forecast"]["confidence"] == "fair"
    assert told["keeper"]["works"] is None
    assert {row["job"]: row["status"] for row in told["keeper"]["jobs"]} == {
        "archive": "running",
        "audit": "failed",
        "backup": "ok",
        "drill": "ok",
    }
    assert [(each["strategy_id"], bool(each["owner"])) for each in told["leases"]] == [
        ("ema-btc", False),
        (RUNNING, True),
    ]
    assert told["processes"] == []


def test_a_fresh_database_without_keeper_backup_or_samples_is_no_trouble(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = " ".join(shown(tmp_path, capsys, monkeypatch, 80).split())
    assert "too few samples for a forecast" in text
    assert "there is none yet" in text
    assert "keeper none runs" in text


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ChandlerError, match="there is no database"):
        show_status(settings_for(tmp_path), as_json=False)
    assert not (tmp_path / "trading.db").exists()


def test_rows_in_files_and_pruned_months_are_counted(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tier = {"table_name": "ticker_data", "first_us": 1, "sha256": "", "made_at_us": 3}
    files = [
        {"path": f"{number}", "tier": name, "rows": 10, "bytes": 100, "last_us": 9 - number, **tier}
        for number, name in enumerate(("warm", "warm", "cold"))
    ]
    month = {"exchange": "binance", "symbol": "BTC/USDT", "timeframe": "1m", "version": 1, "rows": 5, "sha256": ""}
    months = [
        {
            **month,
            "start": start,
            "end": start + 10,
            "sealed_version": sealed,
            "pruned_until": start,
            "pruned_rows": gone,
        }
        for start, sealed, gone in ((0, 1, 5), (10, 1, 0), (20, None, 0))
    ]
    with database.write() as connection:
        connection.execute(insert(tier_files), files)
        connection.execute(insert(archive_months), months)
    assert show_status(settings_for(tmp_path), as_json=True) == 0
    told = json.loads(capsys.readouterr().out)["archive"]
    assert (told["sealed_months"], told["pruned_months"]) == (2, 1)
    assert [(each["tier"], each["files"], each["rows"], each["bytes"]) for each in told["tiers"]] == [
        ("warm", 2, 20, 200),
        ("cold", 1, 10, 100),
    ]
