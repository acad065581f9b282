"""The keeper's backups: when they are due, what is let go, and the drill that proves the newest."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from keeper.backups import Backups
from shared.backup.check import read_fulls
from shared.backup.full import take_full
from shared.backup.lock import BackupsBusyError, writing_backups
from shared.backup.place import full_path, fulls_in, increments_in
from shared.clock import now_us
from shared.config import KeeperSettings
from shared.database import Database
from shared.errors import RepairError, RetryError
from shared.upkeep import finish
from tests.integration.console.market import fill_database

DAY_US = 86_400_000_000
EVERY_MINUTE = KeeperSettings(backup_at="* * * * *", increment_at="* * * * *", drill_at="* * * * *")
ONCE_A_YEAR = KeeperSettings(backup_at="0 0 1 1 *", increment_at="0 0 1 1 *", drill_at="0 0 1 1 *", keep_backup_days=2)
Make = Callable[..., Backups]


@pytest.fixture
def make(database: Database, database_file: Path, tmp_path: Path) -> Make:
    """A keeper's backups of a database with some rows in it."""
    fill_database(database)

    def backups(settings: KeeperSettings = ONCE_A_YEAR, stopped: Callable[[], bool] = lambda: False) -> Backups:
        log = structlog.get_logger()
        root = tmp_path / "backups"
        return Backups(database, database_file, root, tmp_path / "archive", settings, log, stopped, wait_seconds=0)

    return backups


def take(backups: Backups, days_ago: int) -> Path:
    """A backup that was taken some days ago."""
    full = take_full(backups.file, backups.root, backups.archive, now_us() - days_ago * DAY_US)
    return full_path(backups.root, full.taken_at_us)


def test_the_first_is_due_at_once_and_the_next_only_by_the_timetable(make: Make) -> None:
    figures = make().full_if_due()
    assert figures is not None
    (path,) = fulls_in(make().root)
    assert figures["path"] == str(path)
    assert figures["bytes"] == path.stat().st_size
    assert make().full_if_due() is None


def test_what_was_missed_is_made_up_for(make: Make) -> None:
    take(make(), days_ago=1)
    assert make().full_if_due() is None
    assert make(EVERY_MINUTE).full_if_due() is not None


def test_one_of_which_the_file_is_gone_or_cut_off_counts_for_none(make: Make) -> None:
    os.truncate(take(make(), days_ago=0), 100)
    assert make().full_if_due() is not None


def test_old_ones_go_only_once_the_new_one_is_there(make: Make) -> None:
    old = [take(make(), days_ago) for days_ago in (9, 5, 3)]
    stopping = make(stopped=lambda: True)
    with pytest.raises(RetryError, match="told to stop"):
        stopping.full()
    assert fulls_in(stopping.root) == old
    make().full()
    assert fulls_in(make().root)[:-1] == old[2:]
    assert not old[0].parent.exists()


def test_while_another_writes_backups_it_is_said_who(make: Make) -> None:
    with writing_backups(make().root), pytest.raises(BackupsBusyError, match="process"):
        make().full()


def test_an_increment_is_due_only_after_a_full_one(make: Make) -> None:
    assert make(EVERY_MINUTE).increment_if_due() is None
    make().full()
    assert make(EVERY_MINUTE).increment_if_due() is not None
    assert len(increments_in(make().root)) == 1


def test_the_drill_restores_the_newest_and_says_how_old_it_is_and_how_long_it_took(make: Make) -> None:
    take(make(), days_ago=3)
    newest = take(make(), days_ago=1)
    figures = make().drill()
    assert figures["path"] == str(newest)
    assert float(str(figures["age_seconds"])) > 0
    assert float(str(figures["seconds"])) > 0
    assert list(make().root.glob(".drill*")) == []


def test_without_a_backup_there_is_nothing_to_drill(make: Make) -> None:
    assert make(EVERY_MINUTE).drill_if_due() is None


def test_a_drill_is_due_until_one_went_well(make: Make, database: Database) -> None:
    make().full()
    assert make().drill_if_due() is not None
    at = now_us()
    with database.write() as connection:
        finish(connection, "drill", at, at, 1.0, failure="damaged")
    assert make().drill_if_due() is not None
    with database.write() as connection:
        finish(connection, "drill", at, at, 1.0, figures={})
    assert make().drill_if_due() is None


def test_a_damaged_backup_fails_its_drill(make: Make) -> None:
    path = take(make(), days_ago=0)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    with pytest.raises(RepairError, match=r"failed its drill: .* is damaged"):
        make().drill()


def test_a_drill_fails_if_no_manifest_can_be_believed(make: Make) -> None:
    take(make(), days_ago=0).with_suffix("").with_suffix(".json").write_text("{}")
    with pytest.raises(RepairError, match=r"no backup can be restored: .* is no manifest"):
        make().drill()
    assert read_fulls(make().root)[0] == []
