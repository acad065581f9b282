"""`chandler tiers`, `chandler history balances` and `chandler vacuum` on books that have aged."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.archive.verify import verify_now as verify_archive
from console.candles.account import Choice
from console.history.rows import show_balances, show_equity, show_tickers
from console.tiers.moves import show_moves
from console.tiers.run import run_now
from console.tiers.status import show_status
from console.tiers.thaw import thaw_now
from console.tiers.verify import verify_now
from console.vacuum import vacuum
from shared.clock import now_us
from shared.config import Settings
from shared.errors import ConfigError, StopError
from shared.tiers import files_of
from shared.tiers.place import month_of
from tests.integration.shared.tiers.aged import DAY_US, Books, write_day
from tests.integration.trader.desk import open_desk

EVER = (0, 2**62)
OLD_US = now_us() - 40 * DAY_US


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Rows of 40 to 36 days ago, and of yesterday."""
    desk = open_desk(tmp_path)
    for day in (40, 39, 38, 37, 36, 1):
        write_day(desk, now_us() - day * DAY_US, rows=10)
    yield Books(desk, tmp_path / "archive")
    desk.database.close()


@pytest.fixture
def configured(books: Books, tmp_path: Path) -> Settings:
    paths = {"data": tmp_path, "archive": tmp_path / "archive", "backups": tmp_path / "backups"}
    tiers = {"without_backup": True}
    return Settings.model_validate({"paths": paths, "exchanges": {"binance": {}}, "tiers": tiers})


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_round_by_hand_says_what_it_did(configured: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_now(configured, as_json=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "98 rows copied into files",
        "98 rows deleted from the database: files and a backup hold them",
    ]
    assert run_now(configured, as_json=False) == 0
    assert capsys.readouterr().out == "nothing is due\n"


def test_without_a_backup_nothing_leaves_and_the_command_says_why(
    configured: Settings, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    careful = configured.model_copy(update={"tiers": type(configured.tiers)()})
    assert run_now(careful, as_json=False) == 0
    assert "no row leaves the database before a backup holds it" in capsys.readouterr().out
    assert books.hot() == 61


def test_the_status_tells_where_every_tables_rows_are(
    configured: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    run_now(configured, as_json=True)
    capsys.readouterr()
    assert show_status(configured, as_json=True) == 0
    tables = {each["table"]: each for each in told(capsys)["tables"]}
    assert tables["balance_history"]["hot_rows"] == 13
    assert sum(tables["balance_history"]["rows"].values()) == 48
    assert tables["equity_history"]["files"] == 0
    assert show_status(configured, as_json=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:3] == ["table", "hot", "warm"]
    assert max(map(len, lines)) <= 80


def test_balances_are_shown_wherever_they_are(
    configured: Settings, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_balances(configured, "one", EVER, None, "json") == 0
    before = told(capsys)
    run_now(configured, as_json=True)
    capsys.readouterr()
    assert show_balances(configured, "one", EVER, None, "json") == 0
    assert told(capsys) == before
    assert len(before) == 61
    assert show_balances(configured, "one", EVER, None, "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["total"] for row in rows] == [row["total"] for row in before]
    assert all(isinstance(row["total"], str) for row in before), "exact decimals"


def test_history_is_shown_from_and_to_and_of_one_asset(
    configured: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    run_now(configured, as_json=True)
    capsys.readouterr()
    day = (now_us() - 39 * DAY_US - 1_000_000_000, now_us() - 38 * DAY_US - 1_000_000_000)
    show_balances(configured, "one", day, "USDT", "json")
    assert {row["asset"] for row in told(capsys)} == {"USDT"}
    show_equity(configured, "one", day, "json")
    assert len(told(capsys)) == 10
    show_tickers(configured, "binance", "BTC/USDT", day, "json")
    assert len(told(capsys)) == 10
    show_tickers(configured, "binance", "ETH/USDT", day, "json")
    assert told(capsys) == []
    show_tickers(configured, "binance", "ETH/USDT", day, "table")
    assert capsys.readouterr().out == "nothing was recorded there and then\n"


def test_a_strategy_that_is_not_there_is_told_apart_from_one_without_rows(configured: Settings) -> None:
    with pytest.raises(ConfigError, match="there is no strategy nobody; there are: one"):
        show_balances(configured, "nobody", EVER, None, "json")


def test_the_record_is_shown_for_people_programs_and_spreadsheets(
    configured: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert show_moves(configured, as_json=False, as_csv=False) == 0
    assert capsys.readouterr().out == "nothing has left the database yet\n"
    run_now(configured, as_json=True)
    capsys.readouterr()
    show_moves(configured, as_json=True, as_csv=False)
    record = told(capsys)
    assert {each["action"] for each in record} == {"move", "prune"}
    show_moves(configured, as_json=False, as_csv=True)
    assert [row["sha256"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))] == [
        each["sha256"] for each in record
    ]
    show_moves(configured, as_json=False, as_csv=False)
    shown = capsys.readouterr().out
    assert record[0]["path"].removeprefix("tables/balance_history/") in shown
    assert "by tiers.balance_history: hot_days = 7" in shown


def test_damage_is_found_by_both_verifications(
    configured: Settings, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    run_now(configured, as_json=True)
    assert verify_now(configured, as_json=False) == 0
    capsys.readouterr()
    with books.desk.database.read() as connection:
        path = books.archive / files_of(connection, "balance_history")[0].path
    path.write_bytes(path.read_bytes()[:-1])
    assert verify_now(configured, as_json=True) == 1
    assert [problem["kind"] for problem in told(capsys)] == ["file"]
    assert verify_archive(configured, Choice(), repair=False, refetch=False, as_json=False) == 1
    assert "is damaged" in capsys.readouterr().out


def test_a_month_is_thawed_by_name(configured: Settings, books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    run_now(configured, as_json=True)
    month = str(month_of(OLD_US))
    assert thaw_now(configured, "balance_history", month) == 0
    assert f"of {month} are back in balance_history" in capsys.readouterr().out
    assert books.hot() > 13


@pytest.mark.parametrize(
    ("table", "month", "why"),
    [("trades", "2026-01", "never leave the database"), ("balance_history", "January", "is no month like 2024-01")],
)
def test_what_can_not_be_thawed_is_said(configured: Settings, table: str, month: str, why: str) -> None:
    with pytest.raises(StopError, match=why):
        thaw_now(configured, table, month)


def test_the_database_is_not_rebuilt_under_traders_unless_forced(
    configured: Settings, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    books.desk.claim("a trader")
    with pytest.raises(StopError, match=r"traders run 1 strategy \(one\) and could not write meanwhile"):
        vacuum(configured, force=False)
    assert vacuum(configured, force=True) == 0
    assert "given back" in capsys.readouterr().out


def test_the_database_is_rebuilt_without_traders(
    configured: Settings, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    before = books.everything()
    assert vacuum(configured, force=False) == 0
    assert books.everything() == before
    assert "all writers wait meanwhile" in capsys.readouterr().out
