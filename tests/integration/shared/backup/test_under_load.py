"""Instants restored of a database that several processes write while backups are taken."""

import json
import os
import random
from pathlib import Path

import pytest

from shared.backup.full import take_full
from shared.backup.increment import take_increment
from shared.backup.manifest import Digest
from shared.backup.restore import restore
from shared.clock import now_us
from tests.integration.shared.backup.history import State, state_in
from tests.integration.shared.conftest import Start
from tests.integration.trader.desk import open_desk

SOAK = bool(os.environ.get("CHANDLER_SOAK"))
pytestmark = pytest.mark.timeout(3_600 if SOAK else 300)
WRITERS, CHANGES, INSTANTS = (8, 400, 100) if SOAK else (3, 40, 14)

WRITE = """
import json, sys
from pathlib import Path
from types import SimpleNamespace
from shared.database import open_database
from tests.integration.shared.backup.history import History

path, seed, times = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
desk = SimpleNamespace(path=path, database=open_database(f"sqlite:///{path}"))
history = History(desk, seed)
history.go_on(times)
print(json.dumps([(at, {name: each.model_dump() for name, each in state.items()}) for at, state in history.seen]))
"""


def test_instants_at_and_between_transactions_come_back_as_the_writers_saw_them(tmp_path: Path, start: Start) -> None:
    desk = open_desk(tmp_path)
    root, archive, target = tmp_path / "backups", tmp_path / "archive", tmp_path / "then.db"
    full = take_full(desk.path, root, archive, now_us())
    writers = [start(WRITE, str(desk.path), str(1_000 * n), str(CHANGES)) for n in range(1, WRITERS + 1)]
    taken = 0
    while any(writer.poll() is None for writer in writers[:1]) and taken < 30:
        take_increment(desk.database, root, archive, now_us())
        if taken % 3 == 1:
            take_full(desk.path, root, archive, now_us())
        taken += 1
    told = [writer.communicate() for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * WRITERS, told
    take_increment(desk.database, root, archive, now_us())
    states: dict[int, State] = {}
    for at, state in ((at, _state(plain)) for out, _ in told for at, plain in json.loads(out)):
        assert states.setdefault(at, state) == state  # one that changed nothing has no stamp, and sees the one before
    seen = sorted(states.items(), key=lambda one: one[0])
    chance = random.Random(4)
    for place in chance.sample(range(len(seen) - 1), min(INSTANTS, len(seen) - 1)):
        (at, state), (later, _) = seen[place : place + 2]
        for instant in {at, chance.randrange(at, later)} if at >= full.stamp_us else ():
            restore(root, instant, target, now_us())
            assert state_in(target) == state, (instant, at)
            target.unlink()


def _state(plain: dict[str, dict[str, object]]) -> State:
    return {name: Digest.model_validate(each) for name, each in plain.items()}
