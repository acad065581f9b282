"""Any instant comes back as it was: full backup, increments, restore."""

import os
from pathlib import Path

import pytest

from shared.backup.full import take_full
from shared.backup.increment import take_increment
from shared.backup.restore import restore
from shared.clock import now_us
from tests.integration.shared.backup.history import History, State, state_in
from tests.integration.trader.desk import open_desk

SOAK = bool(os.environ.get("CHANDLER_SOAK"))
pytestmark = pytest.mark.timeout(3_600 if SOAK else 300)


def at(history: History, instant: int) -> State:
    """What the database was then: after the last transaction with a stamp up to it."""
    return [state for stamp, state in history.seen if stamp <= instant][-1]


@pytest.mark.parametrize("seed", range(6))
def test_every_instant_is_restored_as_its_writer_saw_it(tmp_path: Path, seed: int) -> None:
    history = History(open_desk(tmp_path), seed)
    root, archive, target = tmp_path / "backups", tmp_path / "archive", tmp_path / "restored.db"
    history.go_on(20)
    full = take_full(history.path, root, archive, now_us())
    first = len(history.seen) - 1
    for part in range(3):
        history.go_on(15)
        take_increment(history.database, root, archive, now_us())
        if part == 1:
            history.go_on(5)
            take_full(history.path, root, archive, now_us())
    chosen = history.seen[first:] if SOAK else history.random.sample(history.seen[first:], 16)
    for stamp, state in chosen:
        instant = max(stamp, full.stamp_us)
        made = restore(root, instant, target, now_us())
        assert state_in(target) == state, (instant, made)
        target.unlink()
