"""`chandler backup` on a real database."""

import json
from pathlib import Path

import pytest
import zstandard
from typer.testing import CliRunner

from console.backup.take import take_now
from console.backup.verify import verify_now
from console.main import app
from shared.backup.lock import BackupsBusyError, writing_backups
from shared.backup.place import fulls_in, increments_in
from shared.config import Settings
from shared.database import Database
from shared.errors import ConfigError
from shared.trading import Side
from tests.integration.console.market import RUNNING, fill_database, trade


@pytest.fixture
def configured(database: Database, database_file: Path) -> Settings:
    fill_database(database)
    base = database_file.parent
    paths = {"data": base, "archive": base / "archive", "backups": base / "backups"}
    return Settings.model_validate({"paths": paths, "exchanges": {"binance": {}}})


def printed(capsys: pytest.CaptureFixture[str]) -> Path:
    return Path(capsys.readouterr().out.strip())


def test_the_first_is_a_full_one_and_then_come_increments(
    configured: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    root = configured.paths.backups
    assert take_now(configured, 0, full=False) == 0
    assert [printed(capsys)] == fulls_in(root)
    trade(database, 4, Side.BUY, "0.1", "100")
    assert take_now(configured, 0, full=False) == 0
    assert [printed(capsys)] == increments_in(root)
    assert take_now(configured, 0, full=True) == 0
    assert printed(capsys) == fulls_in(root)[1]


def test_while_another_writes_backups_it_says_who(configured: Settings) -> None:
    with (
        writing_backups(configured.paths.backups),
        pytest.raises(BackupsBusyError, match=r"being written by .*process"),
    ):
        take_now(configured, 0.2, full=True)


def test_no_other_database_than_sqlite_has_backups_here(configured: Settings) -> None:
    elsewhere = configured.model_validate(
        {**configured.model_dump(), "database": {"url": "postgresql://chandler:secret@db/chandler"}}
    )
    with pytest.raises(ConfigError, match="is not an SQLite file") as refused:
        take_now(elsewhere, 0, full=False)
    assert "secret" not in str(refused.value)


def test_verify_reads_every_backup(configured: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    take_now(configured, 0, full=True)
    take_now(configured, 0, full=False)
    capsys.readouterr()
    assert verify_now(configured, as_json=False) == 0
    assert "1 full backup and 1 increment in" in capsys.readouterr().out
    assert verify_now(configured, as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == {"fulls": 1, "increments": 1, "problems": []}


def test_verify_names_what_is_damaged(configured: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    take_now(configured, 0, full=True)
    (path,) = fulls_in(configured.paths.backups)
    path.write_bytes(path.read_bytes()[:-1])
    capsys.readouterr()
    assert verify_now(configured, as_json=False) == 1
    assert f"DAMAGED: {path} is damaged" in capsys.readouterr().out
    assert list(configured.paths.backups.glob(".verify*")) == []


def test_nothing_of_the_configuration_is_in_a_backup(
    database: Database, database_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill_database(database)
    base = database_file.parent
    settings = Settings.model_validate(
        {
            "paths": {"data": base, "archive": base / "archive", "backups": base / "backups"},
            "exchanges": {"binance": {"key": "kkkkkkkk", "secret": "ssssssss"}},
        }
    )
    take_now(settings, 0, full=True)
    path = printed(capsys)
    unpacked = base / "unpacked"
    unpacked.write_bytes(zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes()))
    for file in (unpacked, *path.parent.iterdir()):
        assert b"kkkkkkkk" not in file.read_bytes()
        assert b"ssssssss" not in file.read_bytes()
    assert RUNNING.encode() in unpacked.read_bytes()


@pytest.mark.parametrize("words", [["backup", "--help"], ["backup", "verify", "--help"], ["backup", "list", "--help"]])
def test_help_is_there_and_not_cut_on_a_narrow_terminal(words: list[str]) -> None:
    shown = CliRunner().invoke(app, words, terminal_width=80)
    assert shown.exit_code == 0
    assert "..." not in shown.output.partition("Commands:")[2]
