"""Transactions as on SQLite: one writer at a time, steady readers, and a complaint that says what to do."""

import signal
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy import func, insert, select, text, update

from shared.database import Database, open_database
from shared.errors import RetryError, StopError
from shared.models import series_status
from tests.integration.postgresql.server import Server
from tests.integration.shared.conftest import Start
from tests.integration.shared.database.test_transactions import COUNT_UP, STATUS, STOP_HALF_WAY, rows

REFUSED = select(series_status.c.refused)
SHOWN = "SELECT current_setting('synchronous_commit'), current_setting('transaction_isolation')"


def enter(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(series_status).values(STATUS))


def test_an_exception_inside_the_transaction_leaves_nothing(database: Database) -> None:
    def half_way() -> None:
        with database.write() as connection:
            connection.execute(insert(series_status).values(STATUS))
            raise KeyError("a mistake")

    with pytest.raises(KeyError, match="a mistake"):
        half_way()
    assert rows(database) == 0


def test_a_reader_can_not_write(database: Database) -> None:
    for reading in (database.read, lambda: database.read_as("one")):
        with pytest.raises(StopError, match="is read-only"), reading() as connection:
            connection.execute(insert(series_status).values(STATUS))
    assert rows(database) == 0


def test_a_reader_keeps_its_view_while_others_write(database: Database) -> None:
    count = select(func.count()).select_from(series_status)
    with database.read() as connection:
        assert connection.execute(count).scalar_one() == 0
        enter(database)
        assert connection.execute(count).scalar_one() == 0
    assert rows(database) == 1


@pytest.mark.parametrize(("durability", "synchronous"), [("full", "on"), ("normal", "off")])
def test_a_connection_is_set_up_as_decided(url: str, durability: str, synchronous: str) -> None:
    database = open_database(url, durability)
    with database.write() as writing, database.read() as reading:
        assert tuple(writing.execute(text(SHOWN)).one()) == (synchronous, "read committed")
        assert tuple(reading.execute(text(SHOWN)).one()) == (synchronous, "repeatable read")
    database.close()


def test_one_strategys_writer_waits_for_another_ones(database: Database, url: str) -> None:
    impatient = open_database(url, busy_timeout_ms=20)
    with (
        database.write_as("one"),
        pytest.raises(RetryError, match="locked by another writer"),
        impatient.write_as("two"),
    ):
        pass
    with impatient.write_as("two") as connection:
        connection.execute(insert(series_status).values(STATUS))
    assert rows(database) == 1
    impatient.close()


def test_a_writer_that_waits_goes_on_as_soon_as_the_lock_is_free_and_sees_what_was_written(
    database: Database, url: str
) -> None:
    second = open_database(url)

    def read_in_a_writing_transaction() -> int:
        with second.write() as connection:
            return int(connection.execute(select(func.count()).select_from(series_status)).scalar_one())

    with ThreadPoolExecutor(1) as pool:
        with database.write() as connection:
            waiting = pool.submit(read_in_a_writing_transaction)
            assert wait([waiting], timeout=0.3).not_done
            connection.execute(insert(series_status).values(STATUS))
        assert waiting.result(timeout=30) == 1
    second.close()


def test_processes_that_read_and_then_write_at_once_lose_nothing(database: Database, url: str, start: Start) -> None:
    enter(database)
    processes = [start(COUNT_UP, url, "60") for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    with database.read() as connection:
        assert connection.execute(REFUSED).scalar_one() == 120


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_killed_or_paused_half_way_leaves_nothing_and_holds_up_nobody_for_long(
    database: Database, url: str, start: Start, ending: signal.Signals
) -> None:
    """On SQLite a paused one holds up the others until it goes on; here the server ends its transaction."""
    enter(database)
    process = start(STOP_HALF_WAY, url)
    assert process.stdout is not None
    assert process.stdout.readline() == "half way\n"
    process.send_signal(ending)
    with database.write() as connection:
        assert connection.execute(REFUSED).scalar_one() == 0
    process.send_signal(signal.SIGCONT)
    process.communicate(input="\n", timeout=60)
    assert process.returncode != 0
    with database.read() as connection:
        assert connection.execute(REFUSED).scalar_one() == 0


def test_what_a_session_loses_it_finds_again(server: Server, database: Database) -> None:
    """The server is restarted, or an operator ends its sessions: one attempt fails, the next one has a new session."""
    enter(database)
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chandler'"
    server.run(others)
    with pytest.raises(RetryError, match="trying again later"), database.write() as connection:
        connection.execute(update(series_status).values(refused=1))
    with database.write() as connection:
        connection.execute(update(series_status).values(refused=2))
    assert database.peek(REFUSED, {}) == (2,)
    server.run(others)
    with pytest.raises(RetryError, match="trying again later"):
        database.peek(REFUSED, {})
    assert database.peek(REFUSED, {}) == (2,)


def test_a_server_that_is_not_there_is_asked_again_later_and_a_database_that_is_not_there_is_said(
    server: Server,
) -> None:
    wrong = {
        f"postgresql://u:hunter2@/x?host={server.directory}/nowhere": (RetryError, "can't be reached"),
        server.url("missing"): (StopError, 'database "missing" does not exist'),
        f"postgresql://stranger:hunter2@/migrated?host={server.directory}": (StopError, "stranger"),
    }
    for url, (kind, what) in wrong.items():
        database = open_database(url)
        with pytest.raises(kind, match=what) as complaint, database.read():
            pass
        assert "hunter2" not in str(complaint.value) + repr(database)
        database.close()
