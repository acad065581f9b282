"""What the jobs did is written down, and never at their expense."""

from collections.abc import Iterator
from contextlib import closing

import pytest
import structlog
from structlog.testing import capture_logs

from keeper.notes import Notes
from keeper.rounds import Job, Rounds, every
from shared.database import Database, open_database
from shared.upkeep import JobRow, keeper_jobs

MINUTE_US = 60_000_000


@pytest.fixture
def impatient(database: Database) -> Iterator[Database]:
    """The same database, for notes."""
    with closing(open_database(str(database.writer.url), "normal", busy_timeout_ms=50, readers=1)) as opened:
        yield opened


def rows(database: Database) -> dict[str, JobRow]:
    with database.read() as connection:
        return {row.job: row for row in keeper_jobs(connection)}


def test_a_locked_database_stops_no_job_and_is_said_once(database: Database, impatient: Database) -> None:
    done = list[str]()

    def work() -> dict[str, object]:
        done.append("copied")
        return {"bytes": 7}

    with capture_logs() as logged:
        rounds = Rounds(structlog.get_logger(), Notes(impatient, structlog.get_logger()))
        with database.write():
            rounds.run(Job("backup", every(60), work))
        assert done == ["copied"]
        assert rounds.complaint is None
        assert [entry["event"] for entry in logged] == ["what the jobs did can't be written down"]
    assert rows(database) == {}
    rounds.run(Job("backup", every(60), work))
    assert rows(database)["backup"].figures == {"bytes": 7}


def test_a_job_that_runs_all_the_time_is_written_down_when_something_changed_and_every_few_minutes(
    database: Database, impatient: Database
) -> None:
    notes = Notes(impatient, structlog.get_logger())

    def finish(minute: int, failure: str | None = None) -> tuple[str, int | None]:
        at = minute * MINUTE_US
        notes.finish("checkpoint", at, at, 0.0, failure, None if failure else {}, brief=True)
        row = rows(database)["checkpoint"]
        return row.status, (row.ended_at_us or 0) // MINUTE_US

    assert finish(0) == ("ok", 0)
    assert finish(1) == ("ok", 0)
    assert finish(2, "held") == ("failed", 2)
    assert finish(3, "held") == ("failed", 2)
    assert finish(4) == ("ok", 4)
    assert finish(9) == ("ok", 9)
    assert finish(8) == ("ok", 8), "a clock that was set back stops no notes"
