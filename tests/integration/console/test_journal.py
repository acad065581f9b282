"""`chandler journal` beside a running backfiller, and after it."""

from pathlib import Path

import pytest
from sqlalchemy import text

from console.journal import load_journal, show_journal
from shared.config import Settings
from shared.database import Database
from shared.errors import RetryError
from shared.journal import Journal
from shared.market import Candle, Closed, Interval, Series

BTC = Series("binance", "BTC/USDT", "1s")


def closed(number: int) -> Closed:
    start = 1_000 * number
    return Closed(BTC, Interval(start, start + 1_000), [Candle(start, 1.0, 2.0, 0.5, 1.5, float(number))])


@pytest.fixture
def configured(database_file: Path, tmp_path: Path) -> Settings:
    paths = {"data": database_file.parent, "journal": tmp_path / "journal"}
    return Settings.model_validate({"paths": paths, "backfill": {"journal_megabytes": 1}, "exchanges": {"binance": {}}})


def count(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM ohlcv_data")).scalar_one())


def test_what_a_killed_backfiller_left_is_loaded_once(
    database: Database, configured: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = Journal(configured.paths.journal, 1)
    journal.append([closed(1), closed(2), closed(3)])
    journal.close()
    assert show_journal(configured, as_json=False) == 1
    assert "3 entries wait (0.0 of 1 MB); no process has it; `chandler journal load`" in capsys.readouterr().out
    assert load_journal(configured) == 0
    assert capsys.readouterr().out == "3 candles and 0 tickers went in; 0 candles were there already\n"
    assert load_journal(configured) == 0
    assert capsys.readouterr().out == "the journal is empty\n"
    assert count(database) == 3
    assert show_journal(configured, as_json=False) == 0


def test_while_a_backfiller_has_it_the_load_says_who_will_do_it(
    database: Database, configured: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = Journal(configured.paths.journal, 1)
    journal.append([closed(1)])
    with pytest.raises(RetryError, match="1 entries wait, and another process has the journal"):
        load_journal(configured)
    assert show_journal(configured, as_json=True) == 0
    assert '"entries": 1' in capsys.readouterr().out
    journal.close()
    assert count(database) == 0


def test_a_database_that_is_locked_leaves_the_journal_as_it_was(database: Database, configured: Settings) -> None:
    journal = Journal(configured.paths.journal, 1)
    journal.append([closed(1)])
    journal.close()
    impatient = configured.model_copy(
        update={"database": configured.database.model_copy(update={"busy_timeout_ms": 50})}
    )
    with database.write(), pytest.raises(RetryError, match="locked"):
        load_journal(impatient)
    assert load_journal(configured) == 0
    assert count(database) == 1


def test_without_a_journal_there_is_nothing_to_do(configured: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_journal(configured, as_json=False) == 0
    assert "there is no journal" in capsys.readouterr().out
    assert load_journal(configured) == 0
