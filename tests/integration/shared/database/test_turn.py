"""The queue of writers: who came first is next, and nobody who is dead or gave up holds anybody up."""

import errno
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.database import open_database
from shared.database.turn import Turn
from shared.errors import RetryError
from tests.integration.shared.conftest import Start

LOCKS = Path("/proc/locks")
HOLD = """
import sys
from pathlib import Path
from shared.database.turn import Turn

turn = Turn(Path(sys.argv[1]))
assert turn.take(30)
print("first", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[list[Turn]]:
    turns = [Turn(tmp_path) for _ in range(4)]
    yield turns
    for turn in turns:
        turn.close()


def until_waiting(directory: Path, count: int) -> None:
    """Wait until the kernel has so many in the queue of a directory."""
    if not LOCKS.exists():
        pytest.skip("only Linux tells who waits")
    inode, deadline = f":{directory.stat().st_ino} ", time.monotonic() + 30
    while sum("->" in line and inode in line for line in LOCKS.read_text().splitlines()) != count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_who_came_first_is_next(queue: list[Turn], tmp_path: Path) -> None:
    first, *others = queue
    assert first.take(0)
    came: list[Turn] = []

    def wait(turn: Turn) -> None:
        assert turn.take(30)
        came.append(turn)
        turn.give()

    with ThreadPoolExecutor(3) as pool:
        waiting = []
        for place, turn in enumerate(others, 1):
            waiting.append(pool.submit(wait, turn))
            until_waiting(tmp_path, place)
        first.give()
        for each in waiting:
            each.result(30)
    assert came == others


def test_who_has_no_time_does_not_wait(queue: list[Turn]) -> None:
    first, second, *_ = queue
    assert first.take(0)
    assert not second.take(0)
    first.give()
    assert second.take(0)


def test_who_gave_up_holds_nobody_up(queue: list[Turn], tmp_path: Path) -> None:
    first, second, third, _ = queue
    assert first.take(0)
    assert not second.take(0.01)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(third.take, 30)
        until_waiting(tmp_path, 2)
        first.give()
        assert waiting.result(30)


def test_who_gave_up_can_wait_again(queue: list[Turn]) -> None:
    first, second, *_ = queue
    assert first.take(0)
    assert not second.take(0.01)
    assert not second.take(0.01)
    first.give()
    assert second.take(30)


def test_the_death_of_the_first_lets_the_next_one_go_on(queue: list[Turn], tmp_path: Path, start: Start) -> None:
    process = start(HOLD, str(tmp_path))
    assert process.stdout is not None
    assert process.stdout.readline() == "first\n"
    second = queue[0]
    assert not second.take(0)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second.take, 30)
        until_waiting(tmp_path, 1)
        os.kill(process.pid, signal.SIGKILL)
        assert waiting.result(30)


def test_who_is_interrupted_while_it_waits_holds_nobody_up(queue: list[Turn], tmp_path: Path) -> None:
    """Ctrl-C in a notebook: the process goes on, and writes nothing for long."""
    first, second, third, _ = queue
    assert first.take(0)

    def interrupt() -> None:
        until_waiting(tmp_path, 1)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(interrupt)
        with pytest.raises(KeyboardInterrupt):
            second.take(30)
        sent.result(30)
    first.give()
    assert third.take(30)


@pytest.mark.parametrize("busy_timeout_ms", [20, 0])
def test_nothing_but_the_order_depends_on_the_queue(database_file: Path, busy_timeout_ms: int) -> None:
    """Its first may be a process that somebody stopped, or wait for another database."""
    with (
        closing(open_database(f"sqlite:///{database_file}", busy_timeout_ms=busy_timeout_ms)) as database,
        closing(Turn(database_file.parent)) as first,
    ):
        assert first.take(30)
        with database.write() as connection:
            connection.execute(text("SELECT 1"))


def test_where_the_kernel_keeps_no_queue_writers_write(database_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "not supported")

    monkeypatch.setattr("fcntl.flock", refuse)
    with closing(open_database(f"sqlite:///{database_file}")) as database, database.write() as connection:
        connection.execute(text("SELECT 1"))


def test_a_writer_gives_its_place_back_when_it_has_the_lock_and_when_it_gave_up(database_file: Path) -> None:
    url = f"sqlite:///{database_file}"
    with (
        closing(open_database(url)) as one,
        closing(open_database(url, busy_timeout_ms=20)) as another,
        closing(Turn(database_file.parent)) as next_one,
    ):
        with one.write():
            assert next_one.take(0)
            next_one.give()
            with pytest.raises(RetryError, match="locked by another writer"), another.write():
                pass
        assert next_one.take(0)
