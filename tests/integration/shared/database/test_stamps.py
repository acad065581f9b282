"""Every transaction has a stamp of its own, later than all before it, whatever the clock does."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert
from sqlalchemy.exc import DatabaseError

from shared.database import Database, open_database
from shared.database.changes import STEP_US, last_stamp, now_stamp
from shared.database.scope import version_warning
from shared.database.sqlite import library
from shared.errors import RepairError
from shared.models import balance_history, strategy_metadata
from tests.integration.shared.database.writers import stranger

HOUR = 3_600_000_000
NOON = 20_000 * 24 * HOUR
STRATEGY = dict.fromkeys(("exchange", "symbol", "timeframe", "strategy_name", "config", "reason"), "") | {
    "status": "active",
    "created_at_us": 1,
    "updated_at_us": 1,
}
BALANCE = dict.fromkeys(("exchange", "asset", "source", "reason"), "") | {
    **dict.fromkeys(("total", "free", "held", "change"), Decimal(1)),
    "recorded_at_us": 1,
}


class Clock:
    """A wall clock that stands where it is set."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@contextmanager
def opened(path: Path, clock: Clock) -> Iterator[Database]:
    database = open_database(f"sqlite:///{path}", clock=clock)
    yield database
    database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def timed(database_file: Path, clock: Clock) -> Iterator[Database]:
    """A database whose stamps go by `clock`, with two strategies."""
    with opened(database_file, clock) as database:
        with database.write() as connection:
            connection.execute(insert(strategy_metadata), [{**STRATEGY, "strategy_id": each} for each in ("s", "t")])
        yield database


def change(connection: Connection, reason: str = "") -> None:
    """Something that is logged."""
    connection.exec_driver_sql(
        "INSERT INTO trading_states VALUES ('s', 'active', 'operator', ?, 1)"
        " ON CONFLICT (scope) DO UPDATE SET reason = excluded.reason",
        (reason,),
    )


def asked(database: Database, sql: str) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def newest(database: Database) -> int:
    with database.read() as connection:
        return last_stamp(connection)


def test_all_that_a_transaction_changes_has_its_one_stamp_which_is_the_time(timed: Database, clock: Clock) -> None:
    clock.now += HOUR
    with timed.write() as connection:
        change(connection)
        connection.execute(insert(balance_history), [{**BALANCE, "strategy_id": "s"}] * 2)
        change(connection, "again")
        assert now_stamp(connection) == NOON + HOUR
    assert asked(timed, f"SELECT at_us FROM change_log WHERE at_us > {NOON}") == [(NOON + HOUR,)] * 2
    assert asked(timed, "SELECT stamp_us FROM balance_history") == [(NOON + HOUR,)] * 2


def test_two_transactions_in_one_microsecond_have_two_stamps(timed: Database) -> None:
    before = newest(timed)
    for n in range(5):
        with timed.write() as connection:
            change(connection, str(n))
    assert newest(timed) == before + 5


def test_a_transaction_that_is_undone_leaves_no_stamp(timed: Database, clock: Clock) -> None:
    before = newest(timed)
    clock.now += HOUR
    with suppress(RepairError), timed.write() as connection:
        change(connection)
        raise RepairError("no")
    assert newest(timed) == before
    assert asked(timed, "SELECT held FROM change_clock") == [(0,)]


def test_a_transaction_that_changes_nothing_leaves_no_stamp_and_writes_nothing(
    timed: Database, database_file: Path, clock: Clock
) -> None:
    before, wal = newest(timed), database_file.with_name(database_file.name + "-wal")
    size = wal.stat().st_size
    clock.now += HOUR
    for own in (timed.write(), timed.write_as("s")):
        with own as connection:
            connection.exec_driver_sql("SELECT count(*) FROM trading_states").one()
    assert (newest(timed), wal.stat().st_size) == (before, size)


def test_a_new_table_is_kept_although_no_row_changed(timed: Database) -> None:
    with timed.write() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (note TEXT)")
    assert asked(timed, "SELECT count(*) FROM notes") == [(0,)]


def test_what_a_savepoint_takes_back_leaves_the_stamp(timed: Database, clock: Clock) -> None:
    clock.now += HOUR
    with timed.write() as connection:
        with suppress(RepairError), connection.begin_nested():
            change(connection, "taken back")
            raise RepairError("no")
        change(connection, "kept")
    assert asked(timed, f"SELECT at_us, row ->> 'reason' FROM change_log WHERE at_us > {NOON}") == [
        (NOON + HOUR, "kept")
    ]


@pytest.mark.skipif(version_warning() is not None, reason="this SQLite can't hold a scope")
def test_a_transaction_that_a_statement_ended_is_no_success_and_what_came_after_it_is_logged(
    timed: Database, clock: Clock
) -> None:
    """`OR ROLLBACK` ends it, as some full disks do: whatever is written then is a stranger's."""
    before = newest(timed)
    clock.now += HOUR

    def swallow() -> None:
        with timed.write() as connection:
            change(connection)
            with suppress(DatabaseError):
                connection.exec_driver_sql("INSERT OR ROLLBACK INTO change_clock SELECT * FROM change_clock")
            connection.execute(insert(balance_history), {**BALANCE, "strategy_id": "s"})

    with pytest.raises(library().OperationalError, match="ended before its commit"):
        swallow()
    assert newest(timed) > before
    assert asked(timed, "SELECT count(*) FROM trading_states") == [(0,)]
    logged = asked(timed, f"SELECT at_us > {before} FROM change_log WHERE table_name = 'balance_history'")
    assert logged == [(1,)]
    with timed.write() as connection:
        change(connection)
    assert asked(timed, "SELECT held FROM change_clock") == [(0,)]


def test_a_strategys_own_transaction_is_stamped_and_can_neither_choose_its_stamp_nor_read_the_log(
    timed: Database, clock: Clock
) -> None:
    clock.now += HOUR
    with timed.write_as("s") as connection:
        connection.execute(insert(balance_history).values(**BALANCE, strategy_id="s", stamp_us=5))
        connection.execute(balance_history.update().values(stamp_us=6))
        found = connection.exec_driver_sql("SELECT row FROM change_log").all()
        for forged in ("UPDATE change_clock SET at_us = 1", "DELETE FROM change_log", "DELETE FROM clock_steps"):
            with pytest.raises(DatabaseError, match=r"not authorized|prohibited"):
                connection.exec_driver_sql(forged)
    assert {row for (row,) in found} <= {None}
    assert asked(timed, "SELECT stamp_us FROM balance_history") == [(NOON + HOUR,)]
    with timed.write_as_each() as own:
        for each in ("s", "t"):
            with own(each) as connection:
                connection.execute(insert(balance_history).values(**BALANCE, strategy_id=each))
    assert asked(timed, "SELECT count(DISTINCT stamp_us) FROM balance_history WHERE balance_id > 1") == [(1,)]


def test_a_clock_that_is_set_back_an_hour_and_forth_again_leaves_stamps_in_order_and_a_note(
    timed: Database, clock: Clock
) -> None:
    stamps = []
    for step in (0, HOUR, -HOUR, -HOUR + 60_000_000, -HOUR - 5_000_000, HOUR, 2 * HOUR):
        clock.now = NOON + step
        with timed.write() as connection:
            change(connection, str(step))
        stamps.append(newest(timed))
    top = NOON + HOUR
    assert stamps == [NOON + 1, top, top + 1, top + 2, top + 3, top + 4, NOON + 2 * HOUR]
    steps = asked(timed, "SELECT at_us, from_us, to_us, until_us FROM clock_steps")
    assert steps == [(top + 1, top, NOON - HOUR - 5_000_000, top + 3)]


def test_a_step_within_a_millisecond_is_none(timed: Database, clock: Clock) -> None:
    clock.now = NOON - STEP_US + 10
    with timed.write() as connection:
        change(connection)
    assert asked(timed, "SELECT * FROM clock_steps") == []


def test_a_stranger_finds_the_clock_behind_as_well(timed: Database, clock: Clock, database_file: Path) -> None:
    clock.now = far = 4_000_000_000_000_000  # in the year 2096
    with timed.write() as connection:
        change(connection)
    for number in range(2):
        stranger(database_file, f"UPDATE trading_states SET reason = '{number}'")
    ((at, begin, _, until),) = asked(timed, "SELECT at_us, from_us, to_us, until_us FROM clock_steps")
    assert (at, begin) == (far + 1, far)
    assert far + 2 <= until == newest(timed)


def test_writers_of_several_processes_never_share_a_stamp(timed: Database, database_file: Path) -> None:
    code = (
        "import sys\n"
        "from shared.database import open_database\n"
        "database = open_database(f'sqlite:///{sys.argv[1]}')\n"
        "for n in range(100):\n"
        "    with database.write() as connection:\n"
        "        connection.exec_driver_sql('UPDATE strategy_metadata SET reason = ?', (n,))\n"
    )
    several = [subprocess.Popen([sys.executable, "-c", code, str(database_file)]) for _ in range(3)]
    assert [process.wait(60) for process in several] == [0, 0, 0]
    logged = asked(timed, "SELECT at_us FROM change_log WHERE operation = 'update' ORDER BY change_id")
    assert len(logged) == 3 * 100 * 2  # two strategies
    assert logged[::2] == logged[1::2] == sorted(set(logged))


@given(st.lists(st.integers(-HOUR, HOUR), max_size=20))
@settings(max_examples=20, deadline=None)
def test_stamps_increase_for_any_clock(tmp_path_factory: pytest.TempPathFactory, hands: list[int]) -> None:
    from schema import migrate

    path = tmp_path_factory.mktemp("clock") / "trading.db"
    migrate(f"sqlite:///{path}", path)
    clock = Clock(NOON)
    with opened(path, clock) as database:
        stamps = [newest(database)]
        for hand in hands:
            clock.now = NOON + hand
            with database.write() as connection:
                change(connection, str(hand))
            stamps.append(newest(database))
            assert stamps[-1] == max(stamps[-2] + 1, clock.now)
        steps = asked(database, "SELECT to_us, max(from_us, until_us) FROM clock_steps")
    told_behind = {stamp for stamp, hand in zip(stamps[1:], hands, strict=True) if stamp > NOON + hand + STEP_US}
    assert all(any(low < stamp <= high for low, high in steps) for stamp in told_behind)
