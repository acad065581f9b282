"""What PostgreSQL's complaints mean for the caller."""

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import DatabaseError, IntegrityError

from shared.database import open_database
from shared.database.connect import explain
from shared.errors import ChandlerError, RetryError, StopError

NAME = "postgresql://u:***@db/chandler"


@pytest.mark.parametrize(
    ("complaint", "kind", "advice"),
    [
        (errors.LockNotAvailable("canceling statement due to lock timeout"), RetryError, "locked by another writer"),
        (errors.IdleInTransactionSessionTimeout("terminating"), RetryError, "paused too long and was undone"),
        (errors.AdminShutdown("terminating connection"), RetryError, "broke off"),
        (errors.DiskFull("could not extend file"), RetryError, "lacks room"),
        (errors.TooManyConnections("sorry, too many clients already"), RetryError, "too many clients"),
        (errors.DeadlockDetected("deadlock detected"), RetryError, "clashed with another"),
        (errors.ReadOnlySqlTransaction("cannot execute INSERT"), StopError, "is read-only"),
        (errors.UndefinedTable('relation "alembic_version" does not exist'), StopError, "run `python schema.py`"),
        (errors.InsufficientPrivilege("permission denied for table trades"), StopError, "grant it"),
        (errors.DataCorrupted("invalid page in block 7"), StopError, "is damaged"),
        (psycopg.OperationalError("connection refused"), RetryError, "can't be reached"),
        (psycopg.OperationalError("server closed the connection\nunexpectedly"), RetryError, "can't be reached"),
        (psycopg.OperationalError('FATAL:  password authentication failed for user "u"'), StopError, "refuses"),
        (psycopg.OperationalError('FATAL:  database "chandler" does not exist'), StopError, "does not exist"),
    ],
)
def test_a_complaint_is_translated_into_retry_or_stop_with_what_to_do(
    complaint: psycopg.Error, kind: type[ChandlerError], advice: str
) -> None:
    for error in (DatabaseError("SELECT 1", {}, complaint), complaint):
        meaning = explain(error, NAME)
        assert type(meaning) is kind
        assert NAME in str(meaning)
        assert advice in str(meaning)
        assert "\n" not in str(meaning)


@pytest.mark.parametrize("complaint", [errors.UniqueViolation("duplicate key"), errors.SyntaxError("at or near SELEC")])
def test_a_mistake_of_our_own_is_not_explained_away(complaint: psycopg.Error) -> None:
    assert explain(IntegrityError("INSERT", {}, complaint), NAME) is None


def test_a_database_is_named_without_its_password() -> None:
    database = open_database("postgresql://u:hunter2@db.example/chandler")
    assert database.name == "postgresql://u:***@db.example/chandler"
    assert "hunter2" not in repr(database)
    assert database.has_server
    database.close()
