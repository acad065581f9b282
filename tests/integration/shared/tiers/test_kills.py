"""Killed with -9 at every step: no row is lost, none is read twice, no half file counts, and the next round ends it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.archive import Month
from shared.database import open_database
from shared.tiers import AGED, Shelf, move_aged, pack_aged, thaw, tidy, verify
from tests.integration.shared.tiers.aged import DAY_US, EVERYTHING, NOW_US, WEEK, Books, aged_books

BALANCES = AGED["balance_history"]
LATER_US = NOW_US + 400 * DAY_US


def move(shelf: Shelf) -> None:
    move_aged(shelf, BALANCES, WEEK, EVERYTHING, NOW_US)


def pack(shelf: Shelf) -> None:
    pack_aged(shelf, BALANCES, WEEK, EVERYTHING, LATER_US)


def put_back(shelf: Shelf) -> None:
    thaw(shelf, BALANCES, Month(2026, 8), EVERYTHING, NOW_US)


WORK: dict[str, Callable[[Shelf], None]] = {"move": move, "pack": pack, "thaw": put_back}
BEFORE: dict[str, list[str]] = {"move": [], "pack": ["move"], "thaw": ["move", "pack"]}
#: Where each is killed, and at which time that it comes there.
STEPS = {
    "move": (("written", 1), ("named", 1), ("recorded", 1), ("deleted", 1), ("deleted", 2)),
    "pack": (("written", 1), ("named", 1), ("summed", 1), ("merged", 1)),
    "thaw": (("put back", 1), ("put back", 2), ("thawed", 1)),
}


def main(work: str, file: str, archive: str, step: str, time: str) -> None:
    """In a process of its own: do the work, and die when the step is done for the first or a later time."""
    left = int(time)

    def die(done: str) -> None:
        nonlocal left
        left -= done == step
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    WORK[work](Shelf(open_database(f"sqlite:///{file}"), Path(archive), step=die, pause=lambda: None))


def kill(work: str, books: Books, step: str, time: int) -> None:
    code = "import sys; from tests.integration.shared.tiers.test_kills import main; main(*sys.argv[1:])"
    arguments = [sys.executable, "-c", code, work, str(books.desk.path), str(books.archive), step, str(time)]
    done = subprocess.run(arguments, capture_output=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.parametrize("work", WORK)
def test_whoever_is_killed_leaves_every_row_where_it_is_read_once(work: str, tmp_path: Path) -> None:
    books = aged_books(tmp_path, rows=25)
    before = books.everything()
    for earlier in BEFORE[work]:
        WORK[earlier](books.shelf())
    for step, time in STEPS[work]:
        kill(work, books, step, time)
        assert books.everything() == before, f"killed after {step}, time {time}"
        damaged = [problem for problem in verify(books.desk.database, books.archive) if problem.kind == "file"]
        assert damaged == []
    move(books.shelf())
    pack(books.shelf())
    tidy(books.shelf(), LATER_US)
    assert books.everything() == before
    assert books.hot() == 7 * 25 + 3, "a week of them, and the first of each asset"
    assert {each.kind for each in verify(books.desk.database, books.archive)} <= {"unknown"}
    books.desk.database.close()
