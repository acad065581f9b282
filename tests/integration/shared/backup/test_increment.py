"""Increments: what they hold, what becomes of the log, and that no accident makes one that is not of this database."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.backup.chain import shelf
from shared.backup.full import take_full
from shared.backup.increment import FullNeededError, shipped_stamp, standing, take_increment
from shared.backup.manifest import Full, Increment
from shared.backup.place import increment_path, increments_in, manifest_path
from shared.backup.plan import UnrecoverableError, plan, recoverable
from shared.backup.restore import restore
from shared.clock import now_us
from shared.database import open_database
from shared.errors import RepairError
from tests.integration.shared.backup.history import History, state_in, state_of
from tests.integration.shared.conftest import Start
from tests.integration.trader.desk import open_desk

SOAK = bool(os.environ.get("CHANDLER_SOAK"))
pytestmark = pytest.mark.timeout(3_600 if SOAK else 300)
STEPS = 14


class Backed(History):
    """A history with a place for its backups."""

    def __init__(self, directory: Path, seed: int = 1) -> None:
        directory.mkdir(exist_ok=True)
        super().__init__(open_desk(directory), seed)
        self.root, self.archive, self.target = (directory / name for name in ("backups", "archive", "restored.db"))

    def full(self) -> Full:
        return take_full(self.path, self.root, self.archive, now_us())

    def increment(self, each_step: Callable[[], None] = lambda: None) -> Increment:
        return take_increment(self.database, self.root, self.archive, now_us(), each_step)

    def logged(self) -> int:
        with self.database.read() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM change_log").scalar_one())

    def restored(self, at_us: int | None = None) -> dict[str, object]:
        self.target.unlink(missing_ok=True)
        restore(self.root, at_us, self.target, now_us())
        return dict(state_in(self.target))


@pytest.fixture
def backed(tmp_path: Path) -> Backed:
    return Backed(tmp_path)


class Killed(BaseException):
    """What a kill is to the code: nothing catches it."""


def killed_after(steps: int) -> Callable[[], None]:
    left = iter(range(steps))

    def step() -> None:
        if next(left, None) is None:
            raise Killed

    return step


def test_without_a_full_backup_there_is_nothing_to_carry_on_from(backed: Backed) -> None:
    with pytest.raises(FullNeededError, match="no full backup of this database yet"):
        backed.increment()
    assert increments_in(backed.root) == []


def test_the_log_is_let_go_of_once_it_is_in_an_increment(backed: Backed) -> None:
    backed.full()
    backed.go_on(20)
    assert backed.logged() > 1
    made = backed.increment()
    assert backed.logged() == 1  # the newest stays: no number is given out twice
    assert made.digests["change_log"].rows > 1


def test_an_increment_reaches_to_the_moment_it_was_taken_though_nothing_happened(backed: Backed) -> None:
    full = backed.full()
    asked = now_us()
    made = backed.increment()
    assert made.from_stamp_us == full.stamp_us
    assert made.stamp_us >= asked
    assert plan(backed.root, asked).full.manifest == full


def test_each_names_the_one_before_it(backed: Backed) -> None:
    backed.full()
    first, second = backed.increment(), backed.increment()
    assert (first.previous, second.from_stamp_us) == ("", first.stamp_us)
    assert len(recoverable(backed.root).ranges) == 1


def test_what_backups_hold_is_told_from_fulls_and_proven_increments(backed: Backed) -> None:
    assert shipped_stamp(backed.database, backed.root) == 0
    full = backed.full()
    assert shipped_stamp(backed.database, backed.root) == full.stamp_us
    assert shipped_stamp(backed.database, backed.root) == full.stamp_us
    backed.go_on(3)
    assert shipped_stamp(backed.database, backed.root) == full.stamp_us
    made = backed.increment()
    assert shipped_stamp(backed.database, backed.root) == made.stamp_us


@pytest.mark.parametrize("steps", range(STEPS))
def test_wherever_taking_one_is_killed_nothing_is_lost(backed: Backed, steps: int) -> None:
    backed.full()
    backed.go_on(8)
    before = backed.seen[-1][1]
    try:
        backed.increment(killed_after(steps))
    except Killed:
        assert len(shelf(backed.root).increments) <= 1
    with backed.database.read() as connection:
        now = state_of(connection.connection.driver_connection)
    assert now == before
    backed.go_on(4)
    backed.increment()
    assert backed.restored() == backed.seen[-1][1]
    middle, state = backed.seen[4]
    assert backed.restored(middle) == state
    assert recoverable(backed.root).problems == []
    assert list(backed.root.rglob("*.partial*")) == []


def test_one_that_can_not_be_read_back_is_not_kept_and_the_log_is(
    backed: Backed, monkeypatch: pytest.MonkeyPatch
) -> None:
    backed.full()
    backed.go_on(6)
    before = backed.logged()
    calls = iter(range(100))

    def spoil() -> None:  # after the file has its name, a bit of it flips
        for path in backed.root.rglob("increment-*.zst"):
            if next(calls) == 0:
                data = bytearray(path.read_bytes())
                data[len(data) // 2] ^= 1
                path.write_bytes(data)

    with pytest.raises(RepairError, match="damaged"):
        backed.increment(spoil)
    assert increments_in(backed.root) == []
    assert backed.logged() == before
    backed.increment()
    assert backed.restored() == backed.seen[-1][1]


def test_a_database_that_was_put_back_by_hand_begins_a_new_timeline(backed: Backed, tmp_path: Path) -> None:
    backed.full()
    backed.go_on(5)
    old = tmp_path / "old.db"
    restore(backed.root, None, old, now_us())
    with backed.database.read() as connection:
        stands = standing(connection)
    backed.increment()
    backed.go_on(5)
    backed.increment()
    ends = backed.seen[-1]
    backed.database.close()
    shutil.copy(old, backed.path)
    for suffix in ("-wal", "-shm"):
        backed.path.with_name(backed.path.name + suffix).unlink(missing_ok=True)
    again = open_database(f"sqlite:///{backed.path}")
    with again.write() as connection:  # as somebody who decompresses a full backup: its timeline is the old one
        connection.exec_driver_sql("UPDATE change_clock SET timeline = ?", (stands.timeline,))
    with pytest.raises(FullNeededError, match="begins a new timeline"):
        take_increment(again, backed.root, backed.archive, now_us())
    with again.read() as connection:
        assert standing(connection).timeline != stands.timeline
    take_full(backed.path, backed.root, backed.archive, now_us())
    take_increment(again, backed.root, backed.archive, now_us())
    assert recoverable(backed.root).ranges[0].timeline == stands.timeline
    assert backed.restored(ends[0]) == ends[1]
    again.close()


def test_lost_increments_make_a_new_timeline_and_what_is_left_stays_of_use(backed: Backed) -> None:
    full = backed.full()
    backed.go_on(4)
    first = backed.increment()
    backed.go_on(4)
    second = backed.increment()
    increment_path(backed.root, second.stamp_us).unlink()
    manifest_path(increment_path(backed.root, second.stamp_us)).unlink()
    with pytest.raises(FullNeededError, match="backups were lost"):
        backed.increment()
    backed.full()
    backed.go_on(4)
    backed.increment()
    assert backed.restored() == backed.seen[-1][1]
    with pytest.raises(UnrecoverableError, match=r"What can be: .* to .*; .* to "):
        plan(backed.root, second.stamp_us)
    assert plan(backed.root, first.stamp_us).full.manifest == full


TAKE = """
import sys
from pathlib import Path
from shared.backup.increment import take_increment
from shared.clock import now_us
from shared.database import open_database

database = open_database(f"sqlite:///{sys.argv[1]}")
print("begins", flush=True)
while True:
    take_increment(database, Path(sys.argv[2]), Path(sys.argv[3]), now_us(), wait_seconds=60)
    print("taken", flush=True)
"""


def test_a_process_killed_at_any_moment_costs_no_instant(backed: Backed, start: Start) -> None:
    backed.full()
    first = len(backed.seen)
    for _ in range(20 if SOAK else 4):
        process = start(TAKE, str(backed.path), str(backed.root), str(backed.archive))
        assert process.stdout is not None
        for _ in range(backed.random.randint(1, 4)):
            process.stdout.readline()
            backed.go_on(2)
        process.kill()
        process.wait()
    backed.increment()
    assert recoverable(backed.root).problems == []
    for at_us, state in backed.random.sample(backed.seen[first:], 5):
        assert backed.restored(at_us) == state


def test_every_step_was_killed_at(backed: Backed) -> None:
    backed.full()
    backed.go_on(8)
    steps: list[int] = []
    backed.increment(lambda: steps.append(1))
    assert len(steps) <= STEPS
