"""`chandler restore` on real backups."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.backup.take import take_now
from console.main import app
from console.restore import list_restorable, restore_now
from shared.backup.place import increments_in
from shared.backup.plan import UnrecoverableError, moment, recoverable
from shared.clock import now_us
from shared.config import Settings
from shared.database import Database
from shared.errors import StopError
from shared.trading import Side
from tests.integration.console.market import fill_database, trade
from tests.integration.shared.backup.history import state_in, state_of


@pytest.fixture
def configured(database: Database, database_file: Path) -> Settings:
    """A desk with one full backup."""
    fill_database(database)
    base = database_file.parent
    paths = {"data": base, "archive": base / "archive", "backups": base / "backups"}
    made = Settings.model_validate({"paths": paths, "exchanges": {"binance": {}}})
    assert take_now(made, 0, full=True) == 0
    return made


def now(database: Database) -> dict[str, object]:
    with database.read() as connection:
        return dict(state_of(connection.connection.driver_connection))


def run(settings: Settings, to: Path, at: str | None = None, *, force: bool = False) -> int:
    return restore_now(settings, at, to, None, None, force=force)


def test_an_instant_that_backups_lack_is_fetched_from_the_live_database(
    configured: Settings, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trade(database, 4, Side.BUY, "0.1", "100")
    state, instant = now(database), now_us()
    trade(database, 5, Side.SELL, "0.1", "120")
    capsys.readouterr()
    assert run(configured, tmp_path / "then.db", moment(instant)) == 0
    said = capsys.readouterr().out
    assert "taking an increment of the live database first" in said
    assert f"then.db: the database as of {moment(instant)}" in said
    assert "its pages, its references and its books are whole" in said
    assert len(increments_in(configured.paths.backups)) == 1
    assert state_in(tmp_path / "then.db") == state


def test_the_future_can_not_be_restored(configured: Settings, tmp_path: Path) -> None:
    with pytest.raises(UnrecoverableError, match="can't be restored"):
        run(configured, tmp_path / "then.db", moment(now_us() + 3_600_000_000))
    assert increments_in(configured.paths.backups) == []
    assert not (tmp_path / "then.db").exists()


def test_what_was_before_the_oldest_backup_no_increment_brings_back(configured: Settings, tmp_path: Path) -> None:
    with pytest.raises(UnrecoverableError, match="no full backup is so old"):
        run(configured, tmp_path / "then.db", "2020-01-01T00:00:00Z")
    assert increments_in(configured.paths.backups) == []


def test_a_directory_gets_the_database_and_its_archive(configured: Settings, tmp_path: Path) -> None:
    (tmp_path / "rescue").mkdir()
    assert run(configured, tmp_path / "rescue") == 0
    assert (tmp_path / "rescue" / "trading.db").exists()


def test_the_live_database_is_not_replaced_while_it_is_open(
    configured: Settings, database: Database, database_file: Path
) -> None:
    with pytest.raises(StopError, match="exists"):
        run(configured, database_file)
    database.close()
    assert run(configured, database_file, force=True) == 0


def test_the_list_shows_what_can_be_had_and_fails_on_damage(
    configured: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take_now(configured, 0, full=False) == 0
    capsys.readouterr()
    (only,) = recoverable(configured.paths.backups).ranges
    assert list_restorable(configured, as_json=False) == 0
    assert f"{moment(only.since_us)} to {moment(only.until_us)}" in capsys.readouterr().out
    (increment,) = increments_in(configured.paths.backups)
    increment.write_bytes(b"")
    assert list_restorable(configured, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert [each["until"] for each in told["ranges"]] == [moment(only.since_us)]
    assert "is damaged" in told["problems"][0]


def test_the_command_says_where_to_and_what_it_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chandler.toml").write_text("[exchanges.binance]\n")
    assert CliRunner().invoke(app, ["restore"]).exit_code == 2
    assert CliRunner().invoke(app, ["restore", "--at", "noon", "--to", "then.db"]).exit_code == 1
    assert CliRunner().invoke(app, ["restore", "--to", "then.db"]).exit_code == 1
    listed = CliRunner().invoke(app, ["restore", "--list"])
    assert listed.exit_code == 0
    assert "nothing can be restored from data/backups" in listed.output
