"""What a database's complaint means for the caller, and how one is opened."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import QueuePool, create_engine
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from shared.database import Database, open_database
from shared.database.connect import explain
from shared.errors import ChandlerError, ConfigError, RetryError, StopError

NAME = "sqlite:///data/trading.db"


@pytest.mark.parametrize(
    ("complaint", "kind", "advice"),
    [
        ("database is locked", RetryError, "locked by another writer"),
        ("database table is locked", RetryError, "locked by another writer"),
        ("database or disk is full", RetryError, "free some disk"),
        ("disk I/O error", RetryError, "the disk under"),
        ("attempt to write a readonly database", StopError, "check the file's owner and the mount"),
        ("unable to open database file", StopError, "check that its directory exists"),
        ("database disk image is malformed", StopError, "restore a backup"),
        ("file is not a database", StopError, "restore a backup"),
        ("no such table: alembic_version", StopError, "run `python schema.py`"),
    ],
)
def test_a_complaint_is_translated_into_retry_or_stop_with_what_to_do(
    complaint: str, kind: type[ChandlerError], advice: str
) -> None:
    for error in (
        OperationalError("SELECT 1", {}, sqlite3.OperationalError(complaint)),
        sqlite3.OperationalError(complaint),
    ):
        meaning = explain(error, NAME)
        assert type(meaning) is kind
        assert NAME in str(meaning)
        assert advice in str(meaning)


@pytest.mark.parametrize(
    "complaint", ["UNIQUE constraint failed: signals.candle", "near 'SELEC': syntax error", "malformed JSON"]
)
def test_a_mistake_of_our_own_is_not_explained_away(complaint: str) -> None:
    assert explain(IntegrityError("INSERT", {}, sqlite3.IntegrityError(complaint)), NAME) is None
    assert explain(DatabaseError("INSERT", {}, sqlite3.DatabaseError(complaint)), NAME) is None


@pytest.mark.parametrize("url", ["trading.db", "mysql://u:hunter2@db/x"])
def test_what_is_no_url_of_a_known_database_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigError, match=r"database\.url") as refusal:
        open_database(url)
    assert "hunter2" not in str(refusal.value)


def test_a_second_writer_within_a_process_is_told_to_try_again_when_the_first_takes_too_long() -> None:
    writer = create_engine("sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01)
    database = Database(NAME, writer, writer, own_writer=writer, own_reader=writer)
    with (
        database.write(),
        pytest.raises(RetryError, match=r"all connections of this process .* are busy"),
        database.write(),
    ):
        pass
    database.close()


def test_a_database_in_a_missing_directory_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(StopError, match="does not exist: create it, or set CHANDLER_PATHS__DATA"):
        open_database(f"sqlite:///{tmp_path}/missing/trading.db")
    assert list(tmp_path.iterdir()) == []
