"""What can be restored is told truly: of damaged backups, of a clock set back, of a database restored before."""

import random
from itertools import count
from pathlib import Path

import pytest

from shared.backup.full import take_full
from shared.backup.increment import take_increment
from shared.backup.place import full_path, manifest_path
from shared.backup.plan import UnrecoverableError, moment, plan, recoverable
from shared.backup.restore import restore
from shared.clock import now_us
from shared.database import Database, open_database
from shared.database.upkeep import checkpoint
from tests.integration.shared.backup.history import History, state_in
from tests.integration.shared.backup.test_increment import Backed
from tests.integration.trader.desk import Desk, open_desk


@pytest.fixture
def chain(tmp_path: Path) -> Backed:
    """A full backup and three increments."""
    made = Backed(tmp_path)
    made.full()
    for _ in range(3):
        made.go_on(3)
        made.increment()
    return made


def test_one_range_reaches_from_the_first_full_backup_to_the_last_increment(chain: Backed) -> None:
    found = recoverable(chain.root)
    (only,) = found.ranges
    assert (only.since_us, only.until_us) == (
        found.fulls[0].manifest.stamp_us,
        found.increments[-1].manifest.stamp_us,
    )
    assert found.problems == []


def test_an_instant_outside_is_refused_and_what_can_be_given_is_said(chain: Backed) -> None:
    (only,) = recoverable(chain.root).ranges
    for instant, why in (
        (only.since_us - 1, "no full backup is so old"),
        (only.until_us + 1, "the backups reach from"),
    ):
        with pytest.raises(UnrecoverableError) as refused:
            plan(chain.root, instant)
        assert why in str(refused.value)
        assert str(refused.value).endswith(f"What can be: {moment(only.since_us)} to {moment(only.until_us)}")


def test_any_flipped_bit_of_an_increment_is_noticed_and_what_is_before_it_stays_of_use(chain: Backed) -> None:
    first, second, _ = recoverable(chain.root).increments
    chance = random.Random(1)
    for path in (second.path, manifest_path(second.path)):
        whole = path.read_bytes()
        for _ in range(12):
            spoilt = bytearray(whole)
            spoilt[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
            path.write_bytes(spoilt)
            found = recoverable(chain.root)
            assert found.problems
            assert [each.until_us for each in found.ranges] == [first.manifest.stamp_us]
            with pytest.raises(UnrecoverableError):
                plan(chain.root, second.manifest.stamp_us)
            assert plan(chain.root, first.manifest.stamp_us)
        path.write_bytes(whole)
    assert recoverable(chain.root).problems == []


def test_a_cut_or_exchanged_or_missing_increment_is_noticed(chain: Backed) -> None:
    first, second, third = recoverable(chain.root).increments
    whole = second.path.read_bytes()
    for other in (whole[:-1], b"", third.path.read_bytes()):
        second.path.write_bytes(other)
        assert [each.until_us for each in recoverable(chain.root).ranges] == [first.manifest.stamp_us]
    second.path.write_bytes(whole)
    manifest_path(second.path).rename(manifest_path(second.path).with_suffix(".away"))
    with pytest.raises(UnrecoverableError, match=f"what leads to {third.path.name} is missing"):
        plan(chain.root, third.manifest.stamp_us)


@pytest.mark.parametrize("suffix", [".zst", ".json"])
def test_an_increment_that_somebody_removed_from_the_middle_is_told(chain: Backed, suffix: str) -> None:
    first, second, _ = recoverable(chain.root).increments
    second.path.with_suffix(suffix).unlink()
    found = recoverable(chain.root)
    told = "\n".join(found.problems)
    assert f"does not carry on from {first.path.name}: what was between them is missing" in told
    assert (f"{second.path} is gone" in told) == (suffix == ".zst")
    assert [each.until_us for each in found.ranges] == [first.manifest.stamp_us]


def test_a_full_backup_that_somebody_removed_is_told(chain: Backed) -> None:
    newest = full_path(chain.root, chain.full().taken_at_us)
    newest.unlink()
    assert recoverable(chain.root).problems == [f"{newest} is gone: only its manifest is there"]


def test_a_damaged_full_backup_gives_way_to_an_older_one(chain: Backed) -> None:
    newest = chain.full()
    chain.go_on(2)
    end = chain.increment()
    full_path(chain.root, newest.taken_at_us).write_bytes(b"nothing")
    way = plan(chain.root, end.stamp_us)
    assert way.full.manifest != newest
    assert len(way.links) == 4
    assert chain.restored(end.stamp_us) == chain.seen[-1][1]


def test_after_a_restore_both_pasts_can_be_had(chain: Backed, tmp_path: Path) -> None:
    middle, state = chain.seen[4]
    last, newest = chain.seen[-1]
    again = tmp_path / "again" / "trading.db"
    again.parent.mkdir()
    made = restore(chain.root, middle, again, now_us())
    database = open_database(f"sqlite:///{again}")
    other = History(Desk(database, again, None), 77)  # type: ignore[arg-type]
    take_full(again, chain.root, chain.archive, now_us())
    other.go_on(3)
    take_increment(database, chain.root, chain.archive, now_us())
    database.close()
    assert len({each.timeline for each in recoverable(chain.root).ranges}) == 2
    assert chain.restored() == other.seen[-1][1]
    assert chain.restored(middle) == state
    assert chain.restored(last) == newest
    assert plan(chain.root, None, made.timeline).full.manifest.timeline == made.timeline


def test_an_instant_that_the_clock_told_twice_is_refused_and_stamps_go_on(tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    clock, ticks = [now_us()], count()

    def tells() -> int:
        return clock[0] + 1_000 * next(ticks)

    database: Database = open_database(f"sqlite:///{desk.path}", clock=tells)
    history = History(Desk(database, desk.path, desk.settings), 1)
    root, archive, target = tmp_path / "backups", tmp_path / "archive", tmp_path / "then.db"
    take_full(desk.path, root, archive, 1)
    for change in (3_600_000_000, -3_600_000_000, 3_600_000_000):
        _ours(history, 4)
        clock[0] += change
    _ours(history, 4)
    made = take_increment(database, root, archive, 2)
    database.close()
    stamps = [stamp for stamp, _ in history.seen]
    assert stamps == sorted(set(stamps))
    (stretch,) = set(made.told_twice)
    assert stretch[0] < stamps[8] <= stretch[1]
    with pytest.raises(UnrecoverableError, match="told this instant twice"):
        plan(root, stamps[8])
    for place in (2, 3, 13, 15):
        restore(root, stamps[place], target, 3)
        assert state_in(target) == history.seen[place][1]
        target.unlink()


def _ours(history: History, times: int) -> None:
    """Changes of our own processes alone: a stranger's clock is the system's."""
    for _ in range(times):
        with history.database.write() as connection:
            history._deposit(connection)
            history._note(connection.connection.driver_connection)


@pytest.mark.parametrize("kept", [0, 1, 2, 5, 9])
def test_a_wal_that_is_torn_gives_exactly_a_committed_prefix(tmp_path: Path, kept: int) -> None:
    live = Backed(tmp_path / "live", 3)
    checkpoint(live.path)
    before = len(live.seen)
    _ours(live, 8)
    wal = live.path.with_name("trading.db-wal").read_bytes()
    database = live.path.read_bytes()
    live.database.close()
    torn = tmp_path / "torn"
    torn.mkdir()
    (torn / "trading.db").write_bytes(database)
    (torn / "trading.db-wal").write_bytes(wal[: len(wal) * kept // 10 + 17])
    opened = open_database(f"sqlite:///{torn / 'trading.db'}")
    take_full(torn / "trading.db", torn / "backups", torn / "archive", now_us())
    opened.close()
    restore(torn / "backups", None, torn / "then.db", now_us())
    found = state_in(torn / "then.db")
    states = [state for _, state in live.seen[before:]]
    assert found in states or found["balance_history"].rows == 1
