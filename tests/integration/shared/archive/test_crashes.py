"""A process that seals or prunes is killed at every step: nothing is lost or doubled, and the next run finishes."""

import signal
from pathlib import Path

import pytest

from shared.archive import mend, prune, seal, sealable, verify
from shared.archive.place import month_file
from shared.candles import store_page
from shared.database import Database
from shared.market import Interval
from tests.integration.shared.archive.months import (
    EMPTY,
    JANUARY,
    SERIES,
    candles,
    counted,
    everything,
    file,
    states,
    table,
)
from tests.integration.shared.conftest import Start

NOW = 1_700_000_000_000_000

#: Seals or prunes January, and dies before or after the call of a function that a step is.
PROGRAM = """
import os, signal, sys
from importlib import import_module
from pathlib import Path

from shared.archive import Month, prune, seal
from shared.database import open_database
from shared.market import Series

file, root, what, where, name, moment, times = sys.argv[1:]
left = int(times)
module = import_module(where)
step = getattr(module, name)


def mined(*arguments, **named):
    global left
    left -= 1
    if left == 0 and moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = step(*arguments, **named)
    if left == 0 and moment == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return result


setattr(module, name, mined)
import_module("shared.archive.prune")._BATCH = 200
database = open_database(f"sqlite:///{file}")
series, month = Series("binance", "BTC/USDT", "1h"), Month(2024, 1)
if what == "seal":
    seal(database, Path(root), series, month, 1_700_000_000_000_001)
else:
    prune(database, Path(root), series, month)
"""

SEAL, PRUNE = "shared.archive.seal", "shared.archive.prune"
WRITING = [(SEAL, name, "after", 1) for name in ("begin_month", "write_table", "sync", "_check", "write_manifest")]
PUBLISHING = [(SEAL, name, "after", 1) for name in ("put_file", "put_manifest", "note_sealed")]
SEALING = [*WRITING, *PUBLISHING, (SEAL, "note_sealed", "before", 1)]
PRUNING = [
    (PRUNE, "proven", "after", 1),
    (PRUNE, "delete_hot", "after", 1),
    (PRUNE, "note_pruned", "after", 1),
    (PRUNE, "delete_hot", "before", 3),
    (PRUNE, "note_pruned", "after", 4),
]
SEALING_ANEW = [*PUBLISHING, (SEAL, "delete_hot", "after", 1)]


def name_of(step: tuple[str, str, str, int]) -> str:
    return f"{step[2]}-{step[1]}-{step[3]}"


def die(start: Start, database_file: Path, root: Path, what: str, step: tuple[str, str, str, int]) -> None:
    killed = start(PROGRAM, str(database_file), str(root), what, *map(str, step))
    _, complaint = killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL, complaint


def finish(database: Database, root: Path) -> None:
    """What the keeper's next run does."""
    with database.read() as connection:
        months = sealable(connection, SERIES, JANUARY.end)
    for month in months:
        seal(database, root, SERIES, month, NOW)


@pytest.mark.parametrize("step", SEALING, ids=name_of)
def test_killed_while_sealing_no_candle_is_lost_and_the_next_run_seals(
    step: tuple[str, str, str, int], filled: Database, database_file: Path, root: Path, start: Start
) -> None:
    before = table(filled)
    die(start, database_file, root, "seal", step)
    assert table(filled) == before
    assert everything(filled, root) == before
    finish(filled, root)
    assert everything(filled, root) == before
    assert file(root, JANUARY) == [row for row in before if row[0] < JANUARY.end]
    assert verify(filled, root) == []
    assert not list(root.glob("**/.*.part"))


@pytest.mark.parametrize("step", PRUNING, ids=name_of)
def test_killed_while_pruning_every_candle_is_there_once_and_the_next_run_goes_on(
    step: tuple[str, str, str, int], filled: Database, database_file: Path, root: Path, start: Start
) -> None:
    before, count = table(filled), counted(filled)
    seal(filled, root, SERIES, JANUARY, NOW)
    die(start, database_file, root, "prune", step)
    assert everything(filled, root) == before
    state, left = states(filled)["2024-01"], [row for row in table(filled) if row[0] < JANUARY.end]
    assert state.pruned_rows + len(left) == 743
    assert all(row[0] >= state.pruned_until for row in left)
    prune(filled, root, SERIES, JANUARY)
    assert everything(filled, root) == before
    assert [row for row in table(filled) if row[0] < JANUARY.end] == []
    assert counted(filled) == count


@pytest.mark.parametrize("step", SEALING_ANEW, ids=name_of)
def test_killed_while_a_pruned_month_is_sealed_anew_the_late_candle_and_all_others_are_there_once(
    step: tuple[str, str, str, int], filled: Database, database_file: Path, root: Path, start: Start
) -> None:
    late, count = candles(EMPTY, EMPTY + SERIES.step), counted(filled)
    expected = sorted([*table(filled), tuple(late[0])])
    seal(filled, root, SERIES, JANUARY, NOW)
    prune(filled, root, SERIES, JANUARY)
    with filled.write() as connection:
        store_page(connection, SERIES, late, Interval(EMPTY, EMPTY + SERIES.step), now_us=2)
    die(start, database_file, root, "seal", step)
    assert everything(filled, root) == expected
    finish(filled, root)
    assert everything(filled, root) == expected
    assert counted(filled) == count + 1
    assert [row for row in table(filled) if row[0] < JANUARY.end] == []
    assert verify(filled, root) == []


def test_a_keeper_killed_between_its_two_renames_leaves_a_file_that_says_itself_what_it_holds(
    filled: Database, database_file: Path, root: Path, start: Start
) -> None:
    die(start, database_file, root, "seal", (SEAL, "put_manifest", "before", 1))
    assert month_file(root, SERIES, JANUARY).exists()
    (problem,) = verify(filled, root)
    assert problem.kind == "manifest"
    mend(filled, root, problem, NOW)
    finish(filled, root)
    assert verify(filled, root) == []
