"""`chandler restore` on real backups."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.backup.take import take_now
from console.main import app
from console.restore import list_restorable, restore_now
from console.tiers.run import run_now
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


def test_what_was_not_checked_is_not_called_whole(
    configured: Settings, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state, target = now(database), tmp_path / "then.db"
    assert restore_now(configured, None, target, None, None, force=False, check=False) == 0
    said = capsys.readouterr().out
    assert "were not looked at" in said
    assert "are whole" not in said
    assert state_in(target) == state


def test_the_future_can_not_be_restored(configured: Settings, tmp_path: Path) -> None:
    with pytest.raises(UnrecoverableError, match="can't be restored"):
        run(configured, tmp_path / "then.db", moment(now_us() + 3_600_000_000))
    assert increments_in(configured.paths.backups) == []
    assert not (tmp_path / "then.db").exists()


def test_what_was_before_the_oldest_backup_no_increment_brings_back(configured: Settings, tmp_path: Path) -> None:
    with pytest.raises(UnrecoverableError, match="no full backup is so old"):
        run(configured, tmp_path / "then.db", "2020-01-01T00:00:00Z")
    assert increments_in(configured.paths.backups) == []


def test_a_directory_gets_the_database_and_its_archive(
    configured: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rescue").mkdir()
    capsys.readouterr()
    assert run(configured, tmp_path / "rescue") == 0
    assert (tmp_path / "rescue" / "trading.db").exists()
    assert "0 files" not in capsys.readouterr().out


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


def test_a_file_of_the_archive_that_no_copy_is_left_of_is_named_and_the_exit_code_tells(
    configured: Settings, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4, 10):
        trade(database, number, Side.BUY, "0.01", "100")
    policy = type(configured.tiers).model_validate({"equity_history": {"hot_rows": 1}, "without_backup": True})
    assert run_now(configured.model_copy(update={"tiers": policy}), as_json=False) == 0
    assert take_now(configured, 0, full=True) == 0
    for name, code in (("whole", 0), ("less", 1)):
        (tmp_path / name).mkdir()
        assert run(configured, tmp_path / name) == code
        assert ("what was in it alone is missing" in capsys.readouterr().out) == (code == 1)
        (copy,) = (path for path in (configured.paths.backups / "files").rglob("*") if path.is_file())
        copy.write_bytes(b"")


@pytest.mark.parametrize("width", [80, 120])
def test_the_list_tells_kind_instant_and_size_whole_at_any_width(
    configured: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert take_now(configured, 0, full=False) == 0
    capsys.readouterr()
    list_restorable(configured, as_json=False)
    shown = capsys.readouterr().out
    (only,) = recoverable(configured.paths.backups).ranges
    assert f"can be restored: {only}\n" in shown
    (row,) = (line.split() for line in shown.splitlines() if line.startswith(" increment"))
    assert row[1] == moment(only.until_us)
    assert row[3] in {"B", "kB"}
    assert "…" not in shown
    assert all(len(line) <= width for line in shown.splitlines())


def test_a_timeline_is_named_by_the_beginning_of_its_name(configured: Settings, tmp_path: Path) -> None:
    (only,) = recoverable(configured.paths.backups).ranges
    assert restore_now(configured, None, tmp_path / "then.db", None, only.timeline[:8], force=False) == 0
    with pytest.raises(UnrecoverableError, match=f"no timeline begins with 'x'; there are: {only.timeline}"):
        restore_now(configured, None, tmp_path / "other.db", None, "x", force=False)


def test_the_command_says_where_to_and_what_it_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chandler.toml").write_text("[exchanges.binance]\n")
    assert CliRunner().invoke(app, ["restore"]).exit_code == 2
    assert CliRunner().invoke(app, ["restore", "--at", "noon", "--to", "then.db"]).exit_code == 1
    assert CliRunner().invoke(app, ["restore", "--to", "then.db"]).exit_code == 1
    listed = CliRunner().invoke(app, ["restore", "--list"])
    assert listed.exit_code == 0
    assert "nothing can be restored from data/backups" in listed.output
