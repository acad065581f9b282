"""`chandler archive` on a real archive."""

import json
from pathlib import Path
from typing import Any

import pytest

from console.archive.restore import restore_now
from console.archive.seal import seal_now
from console.archive.status import show_status
from console.archive.verify import verify_now
from console.candles.account import Choice
from console.candles.status import show_gaps
from console.candles.status import show_status as show_candles
from shared.archive import prune
from shared.archive.lock import writing_archive
from shared.archive.place import month_file
from shared.config import Settings
from shared.database import Database
from shared.errors import RetryError, StopError
from shared.market import Series
from tests.integration.shared.archive.months import FEBRUARY, JANUARY, SERIES, fill, table

EVERYTHING = Choice()


@pytest.fixture
def configured(database: Database, database_file: Path, tmp_path: Path) -> Settings:
    fill(database, SERIES)
    paths = {"data": database_file.parent, "archive": tmp_path / "archive"}
    return Settings.model_validate({"paths": paths, "exchanges": {"binance": {}}})


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_months_that_are_complete_wait_until_they_are_sealed(
    configured: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_status(configured, EVERYTHING, as_json=True) == 0
    (before,) = told(capsys)
    assert (before["waiting"], before["months"]) == (["2024-01", "2024-02"], [])
    assert seal_now(configured, EVERYTHING, as_json=False) == 0
    assert capsys.readouterr().out == "binance BTC/USDT 1h: 2 months sealed\n"
    assert show_status(configured, EVERYTHING, as_json=True) == 0
    (after,) = told(capsys)
    assert (after["waiting"], [month["month"] for month in after["months"]]) == ([], ["2024-01", "2024-02"])
    assert after["rows"] == 743 + 29 * 24
    files = list(configured.paths.archive.rglob("2024*"))
    assert after["size_bytes"] == sum(path.stat().st_size for path in files)


def test_the_table_is_one_line_a_series_and_fits_80_columns(
    configured: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    seal_now(configured, EVERYTHING, as_json=False)
    show_status(configured, EVERYTHING, as_json=False)
    out = capsys.readouterr().out
    assert "binance BTC/USDT 1h" in out
    assert "2024-01" in out
    assert "2 months in" in out
    assert all(len(line) <= 80 for line in out.splitlines() if "months in" not in line)


def test_what_waits_and_what_is_in_the_archive_alone_is_told_below_the_table(
    configured: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    show_status(configured, EVERYTHING, as_json=False)
    assert "BTC/USDT 1h: 2 months to be sealed" in capsys.readouterr().out
    seal_now(configured, EVERYTHING, as_json=False)
    prune(database, configured.paths.archive, SERIES, JANUARY)
    show_status(configured, EVERYTHING, as_json=False)
    assert "BTC/USDT 1h: 743 candles in the archive alone" in capsys.readouterr().out


def test_only_the_chosen_series_is_sealed(configured: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert seal_now(configured, Choice("kraken"), as_json=True) == 0
    assert told(capsys) == {"series": [], "failed": []}
    assert not configured.paths.archive.exists()


def test_beside_a_keeper_that_writes_the_archive_sealing_is_a_message(configured: Settings) -> None:
    with (
        writing_archive(configured.paths.archive),
        pytest.raises(RetryError, match="another process writes the archive"),
    ):
        seal_now(configured, EVERYTHING, as_json=False)


def test_a_damaged_file_is_exit_code_1_until_it_is_repaired(
    configured: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    seal_now(configured, EVERYTHING, as_json=False)
    assert verify_now(configured, EVERYTHING, repair=False, refetch=False, as_json=False) == 0
    assert "every file is whole" in capsys.readouterr().out
    path = month_file(configured.paths.archive, SERIES, JANUARY)
    path.write_bytes(path.read_bytes()[:-1])
    assert verify_now(configured, EVERYTHING, repair=False, refetch=False, as_json=False) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"{path}: ")
    assert "`chandler archive verify --repair`" in out
    assert verify_now(configured, Choice("kraken"), repair=False, refetch=False, as_json=True) == 0
    assert told(capsys) == []
    assert verify_now(configured, EVERYTHING, repair=True, refetch=False, as_json=True) == 0
    (mended,) = told(capsys)
    assert (mended["kind"], mended["month"]) == ("file", "2024-01")
    assert mended["mended"].startswith("written anew from the table")


def test_what_was_in_a_lost_file_alone_becomes_a_gap_only_when_asked_for(
    configured: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    seal_now(configured, EVERYTHING, as_json=False)
    prune(database, configured.paths.archive, SERIES, JANUARY)
    month_file(configured.paths.archive, SERIES, JANUARY).unlink()
    assert verify_now(configured, EVERYTHING, repair=True, refetch=False, as_json=False) == 1
    assert "NOT mended: 2024-01 of binance BTC/USDT 1h: 743 candles were in" in capsys.readouterr().out
    assert verify_now(configured, EVERYTHING, repair=True, refetch=True, as_json=False) == 0
    assert "its candles are a gap again" in capsys.readouterr().out
    show_gaps(configured, EVERYTHING, as_json=True)


def test_candle_commands_tell_a_pruned_series_as_before(
    configured: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    seal_now(configured, EVERYTHING, as_json=True)
    capsys.readouterr()
    show_candles(configured, EVERYTHING, as_json=True)
    (before,) = told(capsys)
    prune(database, configured.paths.archive, SERIES, JANUARY)
    show_candles(configured, EVERYTHING, as_json=True)
    (after,) = told(capsys)
    assert after.pop("size_bytes") < before.pop("size_bytes")
    assert {**after, "lag_ms": 0} == {**before, "lag_ms": 0}


def test_pruned_months_are_put_back_by_name_or_all(
    configured: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    before = table(database)
    seal_now(configured, EVERYTHING, as_json=False)
    for month in (JANUARY, FEBRUARY):
        prune(database, configured.paths.archive, SERIES, month)
    capsys.readouterr()
    assert restore_now(configured, SERIES, ["2024-02"]) == 0
    assert capsys.readouterr().out == "2024-02 of binance BTC/USDT 1h: 696 candles back in the table\n"
    assert restore_now(configured, SERIES, []) == 0
    assert table(database) == before
    assert restore_now(configured, SERIES, []) == 0
    assert "nothing was pruned there" in capsys.readouterr().out
    with pytest.raises(StopError, match="'January' is no month like 2024-01"):
        restore_now(configured, SERIES, ["January"])


def test_an_import_into_a_pruned_month_says_to_put_it_back_first(
    configured: Settings, database: Database, tmp_path: Path
) -> None:
    from console.candles.intake import Order, bring_in

    seal_now(configured, EVERYTHING, as_json=False)
    prune(database, configured.paths.archive, SERIES, JANUARY)
    before = table(database)
    path = tmp_path / "more.csv"
    path.write_text(f"timestamp,open,high,low,close,volume\n{JANUARY.start},1,2,0.5,1.5,3\n", encoding="utf-8")
    with pytest.raises(StopError, match=r"2024-01 was pruned.*chandler archive restore --exchange binance"):
        bring_in(configured, Order(path, SERIES, "csv"), None, as_json=False)
    assert table(database) == before
    later = Series("binance", "BTC/USDT", "1h")
    path.write_text(f"timestamp,open,high,low,close,volume\n{FEBRUARY.start},1,2,0.5,1.5,3\n", encoding="utf-8")
    assert bring_in(configured, Order(path, later, "csv"), None, as_json=True) == 1
