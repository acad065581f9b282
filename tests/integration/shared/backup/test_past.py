"""What can't be told is refused: never another state that looks like the one that was asked for."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from shared.archive import prune, seal
from shared.backup.full import take_full
from shared.backup.place import full_path, manifest_path
from shared.backup.restore import restore
from shared.clock import now_us
from shared.database import Database, open_database
from shared.database.sqlite import library
from shared.errors import RepairError, StopError
from tests.integration.shared.archive.months import JANUARY, SERIES, fill
from tests.integration.shared.backup.history import state_in
from tests.integration.shared.backup.test_candles_at import Market
from tests.integration.shared.backup.test_increment import Backed


def deposit(backed: Backed) -> None:
    with backed.database.write() as connection:
        backed._deposit(connection)


def put_back(backed: Backed, copy: Path) -> None:
    backed.database.close()
    for suffix in ("", "-wal", "-shm"):
        backed.path.with_name(backed.path.name + suffix).unlink(missing_ok=True)
    shutil.copy(copy, backed.path)
    backed.database = open_database(f"sqlite:///{backed.path}")


@pytest.mark.parametrize("lost", [deposit, lambda backed: backed.go_on(6)], ids=["appended", "changed"])
def test_a_full_backup_of_what_an_older_copy_undid_is_not_carried_on_from(
    tmp_path: Path, lost: Callable[[Backed], None]
) -> None:
    backed, copy = Backed(tmp_path / "desk"), tmp_path / "copy.db"
    backed.full()
    backed.increment()
    backed.go_on(3)
    with closing(library().connect(backed.path)) as source, closing(library().connect(copy)) as target:
        source.backup(target)
    lost(backed)
    undone = backed.full()
    then = state_in(backed.path)
    put_back(backed, copy)
    backed.go_on(4)
    backed.increment()
    with pytest.raises(RepairError, match=r"is not of the past that increment-.* goes on from"):
        backed.restored()
    assert backed.restored(undone.stamp_us) == then
    path = full_path(backed.root, undone.taken_at_us)
    manifest_path(path).unlink()
    path.unlink()
    assert backed.restored() == state_in(backed.path)
    backed.database.close()


def test_candles_that_came_and_left_before_an_increment_had_a_copy_are_not_left_out(
    database: Database, tmp_path: Path
) -> None:
    market = Market(database, tmp_path)
    take_full(market.file, market.root, market.archive, now_us())
    market.note()
    fill(database, SERIES)
    market.note()
    seal(database, market.archive, SERIES, JANUARY, now_us())
    prune(database, market.archive, SERIES, JANUARY)  # as the keeper does at once with tiers.without_backup
    market.note()
    market.increment()
    instant, _ = market.seen.pop(1)
    with pytest.raises(StopError, match=r"candles of binance/BTC/USDT/1h .* left for the archive"):
        restore(market.root, instant, market.target, now_us())
    market.holds()
