"""The archive's files that a backup needs: copied once, kept as long as a kept backup names them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.archive import Month, month_file, prune, seal
from shared.archive.place import manifest_file
from shared.backup.check import verify_all
from shared.backup.full import take_full
from shared.backup.manifest import Full
from shared.backup.place import file_path, full_path
from shared.backup.prune import let_go
from shared.candles import store_page
from shared.database import Database
from shared.market import Candle, Interval, Series

BTC = Series("binance", "BTC/USDT", "1d")
JANUARY, FEBRUARY = Month(2024, 1), Month(2024, 2)
NOW = 1_795_228_200_123_456
DAY_US = 86_400_000_000
Take = Callable[[int], Full]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def take(database: Database, database_file: Path, archive: Path, root: Path) -> Take:
    """A database of which January is in the archive alone, and how to take a backup of it so many days later."""
    both = Interval(JANUARY.start, FEBRUARY.end)
    candles = [Candle(at, 1.0, 1.0, 1.0, 1.0, 1.0) for at in range(*both, BTC.step)]
    with database.write() as connection:
        store_page(connection, BTC, candles, both, now_us=1)
    seal(database, archive, BTC, JANUARY, 1)
    prune(database, archive, BTC, JANUARY)
    return lambda days: take_full(database_file, root, archive, NOW + days * DAY_US)


def test_a_month_that_left_the_table_is_copied_with_its_manifest(take: Take, archive: Path, root: Path) -> None:
    path = month_file(archive, BTC, JANUARY)
    full = take(0)
    copies = {file.path: file_path(root, file.sha256).read_bytes() for file in full.files}
    assert copies == {str(each.relative_to(archive)): each.read_bytes() for each in (path, manifest_file(path))}
    assert full.lacking == ()
    assert full.digests["ohlcv_data"].rows == 29


def test_a_month_that_is_still_in_the_table_is_not(database: Database, take: Take, archive: Path) -> None:
    seal(database, archive, BTC, FEBRUARY, 1)
    assert {Path(file.path).stem for file in take(0).files} == {"2024-01"}


def test_it_is_copied_once_and_goes_with_the_last_backup_that_needs_it(take: Take, root: Path) -> None:
    first = take(0)
    written = file_path(root, first.files[0].sha256).stat().st_mtime_ns
    assert take(1).files == first.files
    assert file_path(root, first.files[0].sha256).stat().st_mtime_ns == written
    (root / "files/00").mkdir(exist_ok=True)
    unneeded = root / "files/00" / ("0" * 64)
    unneeded.touch()
    assert let_go(root, days=1) == [full_path(root, NOW)]
    assert all(file_path(root, file.sha256).exists() for file in first.files)
    assert not unneeded.exists()


def test_a_copy_that_is_damaged_is_found(take: Take, root: Path, tmp_path: Path) -> None:
    copy = file_path(root, take(0).files[0].sha256)
    copy.write_bytes(copy.read_bytes()[:-1] + b"\0")
    (problem,) = verify_all(root, tmp_path)
    assert f"{copy} is damaged" in problem.told
    copy.unlink()
    (problem,) = verify_all(root, tmp_path)
    assert f"{copy} can't be read" in problem.told


def test_one_that_is_damaged_in_the_archive_does_not_stop_the_backup_but_is_named(
    take: Take, archive: Path, root: Path, tmp_path: Path
) -> None:
    path = month_file(archive, BTC, JANUARY)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    full = take(0)
    assert full.lacking == (str(path.relative_to(archive)),)
    assert verify_all(root, tmp_path) == []


def test_while_a_manifest_can_not_be_believed_no_copy_is_let_go(take: Take, root: Path) -> None:
    full = take(0)
    take(1)
    path = full_path(root, NOW)
    path.with_name(path.name.removesuffix(".db.zst") + ".json").write_text("{}")
    (root / "files/00").mkdir(exist_ok=True)
    (root / "files/00" / ("0" * 64)).touch()
    let_go(root, days=1)
    assert (root / "files/00" / ("0" * 64)).exists()
    assert all(file_path(root, file.sha256).exists() for file in full.files)
