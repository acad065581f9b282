"""The copy off the host: what Litestream has copied is the database, whoever was killed meanwhile."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from schema import migrate
from shared.backup.full import take_full
from shared.backup.increment import FullNeededError, take_increment
from shared.backup.restore import restore
from shared.clock import now_us
from shared.config import KeeperSettings
from shared.database import open_database, triggers
from shared.database.sqlite import library
from shared.database.upkeep import checkpoint, shrink_wal
from tests.integration.keeper.bucket import bucket
from tests.integration.keeper.replica import CONFIG, LITESTREAM, Replica, state
from tests.integration.shared.backup.history import History, state_in
from tests.integration.shared.conftest import Start
from tests.integration.trader.desk import Desk, open_desk

pytestmark = [
    pytest.mark.skipif(not LITESTREAM.exists(), reason="requirements/replicate.lock is not installed"),
    pytest.mark.timeout(3_600 if os.environ.get("CHANDLER_SOAK") else 300),
]
ROUNDS, CHANGES = (30, 100) if os.environ.get("CHANDLER_SOAK") else (3, 12)
_PAGE_BYTES = 4_096
WRITE = """
import sys
from itertools import count
from benchmarks.committer import register, write_decision
from shared.database import open_database

database = open_database(f"sqlite:///{sys.argv[1]}", "full", readers=1)
register(database)
for number in count(int(sys.argv[2])):
    with database.write() as connection:
        write_decision(connection, number)
    print(number, flush=True)
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "data").mkdir()
    desk = open_desk(tmp_path / "data")
    yield desk
    desk.database.close()


@pytest.fixture
def replica(desk: Desk, tmp_path: Path) -> Iterator[Replica]:
    replica = Replica(desk.path, tmp_path / "replica")
    replica.start()
    yield replica
    replica.kill()


def wait_until(what: Callable[[], bool], replica: Replica, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, replica.log.read_text()
        time.sleep(0.01)


def assert_copied(replica: Replica, target: Path) -> None:
    """What is restored is the database, soon: right after the WAL was emptied, Litestream calls itself caught up for a
    moment before it notices.
    """
    wait_until(lambda: replica.is_caught_up() and replica.restored(target) == state(replica.database), replica)


def test_what_is_restored_is_the_database_whoever_was_killed(
    desk: Desk, replica: Replica, start: Start, tmp_path: Path
) -> None:
    """Writers commit, the keeper moves and empties the WAL, and each of the others is killed in the midst of it."""
    history = History(desk, seed=1)
    for number in range(1, ROUNDS + 1):
        wait_until(replica.is_caught_up, replica)
        writer = start(WRITE, str(desk.path), str(number * 1_000_000))
        assert writer.stdout is not None
        assert writer.stdout.readline()
        for _ in range(CHANGES):
            history.go_on(1)
            checkpoint(desk.path)
            shrink_wal(desk.path)
        replica.kill()
        history.go_on(CHANGES)
        writer.kill()
        wait_until(lambda: shrink_wal(desk.path), replica)  # nobody keeps it any more: frames it lacks are gone from it
        history.go_on(CHANGES // 3)
        replica.start()
        history.go_on(CHANGES // 3)
    assert_copied(replica, tmp_path / "restored.db")
    assert state(tmp_path / "restored.db")["signals"].rows > ROUNDS


def test_a_keeper_that_empties_the_wal_takes_nothing_from_the_copy(
    desk: Desk, replica: Replica, tmp_path: Path
) -> None:
    """It can while Litestream reads at an empty WAL; Litestream notices, and copies everything anew."""
    wait_until(replica.is_caught_up, replica)
    history = History(desk, seed=2)
    for _ in range(CHANGES):
        history.go_on(1)
        shrink_wal(desk.path)
    assert_copied(replica, tmp_path / "restored.db")


def test_litestream_empties_the_wal_before_the_keeper_would_complain() -> None:
    found = re.search(r"truncate-page-n: (\d+)", CONFIG.read_text())
    assert found
    assert int(found[1]) * _PAGE_BYTES < KeeperSettings().wal_megabytes * 1_000_000 / 2


def test_backups_and_the_change_log_go_on_beside_it_and_know_nothing_of_its_tables(
    desk: Desk, replica: Replica, tmp_path: Path
) -> None:
    backups, archive = tmp_path / "backups", tmp_path / "archive"
    wait_until(replica.is_caught_up, replica)
    migrate(f"sqlite:///{desk.path}", desk.path)
    with closing(library().connect(desk.path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        assert {"_litestream_seq", "_litestream_lock"} <= tables
        assert triggers.installed(connection) == triggers.expected(connection)
        assert not [name for name in triggers.installed(connection) if "litestream" in name]
    history = History(desk, seed=3)
    history.go_on(CHANGES)
    take_full(desk.path, backups, archive, now_us())
    behind = len(history.seen)
    history.go_on(CHANGES)
    take_increment(desk.database, backups, archive, now_us())
    for stamp, seen in history.seen[behind :: CHANGES // 6]:
        target = tmp_path / f"at-{stamp}.db"
        restore(backups, stamp, target, now_us())
        assert state_in(target) == seen


def test_an_older_copy_that_was_put_back_does_not_carry_on_the_backups_of_what_it_never_knew(
    desk: Desk, replica: Replica, tmp_path: Path
) -> None:
    backups, archive = tmp_path / "backups", tmp_path / "archive"
    take_full(desk.path, backups, archive, now_us())
    wait_until(replica.is_caught_up, replica)
    replica.kill()
    History(desk, seed=4).go_on(CHANGES)
    take_increment(desk.database, backups, archive, now_us())

    replica.restored(tmp_path / "restored.db")
    again = open_database(f"sqlite:///{tmp_path / 'restored.db'}")
    with again.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM strategy_metadata")).scalar() == 1
    with pytest.raises(FullNeededError):
        take_increment(again, backups, archive, now_us())
    again.close()


def test_a_copy_that_was_put_back_is_copied_on_to_the_same_place(desk: Desk, replica: Replica, tmp_path: Path) -> None:
    History(desk, seed=5).go_on(CHANGES)
    wait_until(replica.is_caught_up, replica)
    replica.kill()
    History(desk, seed=6).go_on(CHANGES)  # which the copy never knew

    (tmp_path / "new").mkdir()
    replica.restored(tmp_path / "new" / "trading.db")
    again = replace(
        desk, path=tmp_path / "new" / "trading.db", database=open_database(f"sqlite:///{tmp_path}/new/trading.db")
    )
    onward = Replica(again.path, replica.directory)
    onward.start()
    wait_until(onward.is_caught_up, onward)
    History(again, seed=7).go_on(CHANGES)
    assert_copied(onward, tmp_path / "restored.db")
    onward.kill()
    again.database.close()


def test_a_bucket_comes_from_the_environment_and_its_keys_are_never_shown(desk: Desk, tmp_path: Path) -> None:
    with bucket() as served:
        replica = Replica(
            desk.path,
            tmp_path / "replica",
            CHANDLER_REPLICA_URL=f"s3://a-bucket/chandler?region=eu-central-1&endpoint={served.url}",
            LITESTREAM_ACCESS_KEY_ID="an-access-key",
            LITESTREAM_SECRET_ACCESS_KEY="hunter2-hunter2",  # noqa: S106
        )
        listed = replica.command("databases", "-config", str(CONFIG))
        assert listed.stdout.split()[-2:] == [str(desk.path), "s3"]
        replica.start()
        wait_until(replica.is_caught_up, replica)
        History(desk, seed=8).go_on(CHANGES)
        assert_copied(replica, tmp_path / "restored.db")
        assert served.signers == {"an-access-key"}
    replica.kill()
    told = replica.log.read_text() + listed.stdout + listed.stderr
    assert "a-bucket" in told
    assert "hunter2" not in told


def test_it_is_not_healthy_while_the_bucket_is_not_reached(desk: Desk, tmp_path: Path) -> None:
    nowhere = "s3://a-bucket/chandler?region=eu-central-1&endpoint=http://127.0.0.1:1"
    replica = Replica(desk.path, tmp_path / "replica", CHANDLER_REPLICA_URL=nowhere)
    replica.start()
    wait_until(lambda: "replicating to" in replica.log.read_text(), replica)
    assert not replica.is_caught_up(seconds=2)
    replica.kill()
