"""What the keeper's jobs did last, as rows."""

from shared.database import Database
from shared.upkeep import JobRow, abandon, begin, finish, keeper_jobs


def rows(database: Database) -> list[JobRow]:
    with database.read() as connection:
        return keeper_jobs(connection)


def test_a_job_runs_succeeds_and_keeps_what_it_measured(database: Database) -> None:
    with database.write() as connection:
        begin(connection, "backup", 1_000)
    assert rows(database) == [JobRow("backup", "running", "", 1_000, None, None, None, {})]
    with database.write() as connection:
        finish(connection, "backup", 1_000, 3_000, 0.002, figures={"bytes": 7})
    assert rows(database) == [JobRow("backup", "ok", "", 1_000, 3_000, 3_000, 0.002, {"bytes": 7})]


def test_a_failure_and_a_look_at_which_nothing_was_due_leave_the_last_success_as_it_was(database: Database) -> None:
    with database.write() as connection:
        finish(connection, "backup", 1_000, 3_000, 0.002, figures={"bytes": 7})
        begin(connection, "backup", 4_000)
        finish(connection, "backup", 4_000, 5_000, 0.001, failure="no space left")
    assert rows(database) == [JobRow("backup", "failed", "no space left", 4_000, 5_000, 3_000, 0.001, {"bytes": 7})]
    with database.write() as connection:
        finish(connection, "backup", 6_000, 6_001, 0.000_001)
    assert rows(database) == [JobRow("backup", "ok", "nothing was due", 6_000, 6_001, 3_000, 0.000_001, {"bytes": 7})]


def test_a_job_that_a_kill_cut_off_does_not_run_for_ever(database: Database) -> None:
    with database.write() as connection:
        finish(connection, "audit", 1_000, 1_001, 0.1, figures={})
        begin(connection, "drill", 1_000)
        abandon(connection)
    assert [(row.job, row.status, row.told) for row in rows(database)] == [
        ("audit", "ok", ""),
        ("drill", "failed", "the keeper ended in the middle of it"),
    ]
