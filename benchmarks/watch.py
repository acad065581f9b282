"""What it costs that every statement and transaction is timed, beside the driver as it is."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import thread_time_ns
from typing import Any

from benchmarks.report import Result
from shared.database.sqlite import library
from shared.database.timing import timed_connection
from shared.database.watch import now_ns

ROUNDS, RUNS = 15, 20_000
GOAL_US = 1.0
_POINT = "SELECT value FROM figures WHERE id = ?"


def run() -> list[Result]:
    """Processor time of a statement by its key, with its cursor, and of a transaction around it; medians of rounds.

    Processor time, because nothing here waits, and what else the machine does is none of it.
    """
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "figures.db"
        bare, timed = _opened(path, library().Connection), _opened(path, timed_connection(library()))
        bare.execute("CREATE TABLE figures (id INTEGER PRIMARY KEY, value TEXT) STRICT")
        bare.executemany("INSERT INTO figures VALUES (?, ?)", [(each, str(each)) for each in range(1_000)])
        statement = _beside(lambda: _ask(bare), lambda: _ask(timed))
        transaction = _beside(lambda: _read(bare), lambda: _watched_read(timed))
        bare.close()
        timed.close()
    return [_result("a statement by its key", *statement, GOAL_US), _result("a view with one", *transaction)]


def _opened(path: Path, factory: type[Any]) -> Any:
    return library().connect(path, isolation_level=None, factory=factory)


def _ask(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(_POINT, (500,))
    cursor.fetchone()
    cursor.close()


def _read(connection: Any) -> None:
    connection.execute("BEGIN")
    _ask(connection)
    connection.rollback()


def _watched_read(connection: Any) -> None:
    asked = now_ns()
    connection.execute("BEGIN")
    connection.begun(asked, writes=False)
    _ask(connection)
    connection.rollback()


def _beside(bare: Callable[[], None], timed: Callable[[], None]) -> tuple[float, float]:
    """Both by turns, so that a noisy machine is noisy for both."""
    rounds = [(_took_us(bare), _took_us(timed)) for _ in range(ROUNDS)]
    return median(one for one, _ in rounds), median(other for _, other in rounds)


def _took_us(work: Callable[[], None]) -> float:
    begin = thread_time_ns()
    for _ in range(RUNS):
        work()
    return (thread_time_ns() - begin) / RUNS / 1_000


def _result(what: str, bare: float, timed: float, goal: float | None = None) -> Result:
    more, asked = timed - bare, f"< {goal:.0f} us" if goal else ""
    met = more < goal if goal else None
    return Result(f"{what}: more, for being timed", f"{more:.2f} us", f"{bare:.2f} us bare", asked, met)
