"""Transactions on a real file, by real processes: all of it or nothing, and nobody's work is lost."""

import signal
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError

from shared.database import Database, open_database
from shared.errors import RetryError, StopError
from shared.models import series_status
from tests.integration.shared.conftest import Start

STATUS = {
    "exchange": "binance",
    "symbol": "BTC/USDT",
    "timeframe": "1m",
    "status": "collecting",
    "reason": "",
    "refused": 0,
    "updated_at_us": 1,
}


def rows(database: Database) -> int:
    """How many rows of the table are committed."""
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(series_status)).scalar_one()


def test_what_is_written_is_there_for_the_next_reader(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(series_status).values(STATUS))
        assert rows(database) == 0
    assert rows(database) == 1


def test_an_exception_inside_the_transaction_leaves_nothing(database: Database) -> None:
    def half_way() -> None:
        with database.write() as connection:
            connection.execute(insert(series_status).values(STATUS))
            raise KeyError("a mistake")

    with pytest.raises(KeyError, match="a mistake"):
        half_way()
    assert rows(database) == 0


def test_a_reader_can_not_write(database: Database) -> None:
    with pytest.raises(StopError, match="is read-only"), database.read() as connection:
        connection.execute(insert(series_status).values(STATUS))
    assert rows(database) == 0


def test_a_reader_keeps_its_view_while_others_write(database: Database) -> None:
    count = select(func.count()).select_from(series_status)
    with database.read() as connection:
        assert connection.execute(count).scalar_one() == 0
        with database.write() as writing:
            writing.execute(insert(series_status).values(STATUS))
        assert connection.execute(count).scalar_one() == 0
    assert rows(database) == 1


def test_a_broken_rule_is_reported_as_it_is_and_leaves_nothing(database: Database) -> None:
    both = [STATUS, {**STATUS, "timeframe": "1h", "status": "asleep"}]
    with pytest.raises(IntegrityError, match="ck_series_status_status"), database.write() as connection:
        connection.execute(insert(series_status), both)
    assert rows(database) == 0


@pytest.mark.parametrize(("durability", "synchronous"), [("full", 2), ("normal", 1)])
def test_a_connection_is_set_up_as_decided(database_file: Path, durability: str, synchronous: int) -> None:
    database = open_database(f"sqlite:///{database_file}", durability, busy_timeout_ms=1_234)
    wanted = {
        "journal_mode": "wal",
        "synchronous": synchronous,
        "foreign_keys": 1,
        "mmap_size": 0,
    }
    # A writer waits at the beginning of its transaction, by its own clock, and nowhere else.
    for way_in, waits_ms in ((database.write, 0), (database.read, 1_234)):
        with way_in() as connection:
            wanted["busy_timeout"] = waits_ms
            assert {name: connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in wanted} == wanted
    database.close()


def test_a_writer_that_waits_too_long_is_told_to_try_again_and_then_succeeds(database_file: Path) -> None:
    url = f"sqlite:///{database_file}"
    first, second = open_database(url), open_database(url, busy_timeout_ms=20)
    with first.write():
        with pytest.raises(RetryError, match=r"trading\.db is locked by another writer"), second.write():
            pass
        assert rows(second) == 0
    with second.write() as connection:
        connection.execute(insert(series_status).values(STATUS))
    assert rows(first) == 1
    first.close()
    second.close()


def test_a_writer_that_waits_goes_on_as_soon_as_the_lock_is_free(database_file: Path) -> None:
    url = f"sqlite:///{database_file}"
    first, second = open_database(url), open_database(url)
    order: list[str] = []

    def write_second() -> None:
        with second.write() as connection:
            order.append("second")
            connection.execute(insert(series_status).values(STATUS))

    with ThreadPoolExecutor(1) as pool:
        with first.write():
            waiting = pool.submit(write_second)
            assert wait([waiting], timeout=0.3).not_done
            order.append("first")
        waiting.result(timeout=30)
    assert order == ["first", "second"]
    assert rows(first) == 1
    first.close()
    second.close()


COUNT_UP = """
import sys
from sqlalchemy import select, update
from shared.database import open_database
from shared.models import series_status

database = open_database(sys.argv[1], "normal")
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    with database.write() as connection:
        seen = connection.execute(select(series_status.c.refused)).scalar_one()
        connection.execute(update(series_status).values(refused=seen + 1))
database.close()
"""


def test_processes_that_read_and_then_write_at_once_lose_nothing(
    database: Database, database_file: Path, start: Start
) -> None:
    with database.write() as connection:
        connection.execute(insert(series_status).values(STATUS))
    processes = [start(COUNT_UP, f"sqlite:///{database_file}", "60") for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[1] for process in processes] == ["", ""]
    with database.read() as connection:
        assert connection.execute(select(series_status.c.refused)).scalar_one() == 120


STOP_HALF_WAY = """
import sys, time
from sqlalchemy import update
from shared.database import open_database
from shared.models import series_status

database = open_database(sys.argv[1])
with database.write() as connection:
    connection.execute(update(series_status).values(refused=99))
    print("half way", flush=True)
    sys.stdin.readline()
"""


def test_a_process_killed_half_way_leaves_nothing_and_holds_up_nobody(
    database: Database, database_file: Path, start: Start
) -> None:
    with database.write() as connection:
        connection.execute(insert(series_status).values(STATUS))
    process = start(STOP_HALF_WAY, f"sqlite:///{database_file}")
    assert process.stdout is not None
    assert process.stdout.readline() == "half way\n"
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    with database.write() as connection:
        assert connection.execute(select(series_status.c.refused)).scalar_one() == 0
