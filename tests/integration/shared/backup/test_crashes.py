"""Backups that end at any point, on disks that are full or not ours: the source and older backups stay as they were."""

import itertools
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from shared.backup.check import read_fulls, verify_all
from shared.backup.full import take_full
from shared.backup.place import full_path
from shared.backup.prune import let_go
from shared.database import Database
from shared.errors import RetryError, StopError
from tests.integration.console.market import fill_database
from tests.integration.shared.conftest import Start, bound_by_permissions, small_disk, start

__all__ = ["bound_by_permissions", "small_disk", "start"]

NOW = 1_795_228_200_123_456
DAY_US = 86_400_000_000
# Kills itself at the n-th step of a backup.
DYING = """
import itertools, os, signal, sys
from pathlib import Path
from shared.backup.full import take_full
left = itertools.count(int(sys.argv[3]), -1)
def step():
    if next(left) == 0:
        os.kill(os.getpid(), signal.SIGKILL)
base = Path(sys.argv[2])
take_full(Path(sys.argv[1]), base / "backups", base / "archive", int(sys.argv[4]), step)
"""


def test_killed_at_any_step_it_leaves_the_source_and_every_older_backup_as_they_were(
    database: Database, database_file: Path, tmp_path: Path
) -> None:
    fill_database(database)
    database.close()
    root, before = tmp_path / "backups", database_file.read_bytes()
    first = take_full(database_file, root, tmp_path / "archive", NOW)
    for steps in itertools.count():
        arguments = [str(database_file), str(tmp_path), str(steps), str(NOW + DAY_US + steps)]
        done = subprocess.run([sys.executable, "-c", DYING, *arguments], check=False, capture_output=True, text=True)
        assert database_file.read_bytes() == before
        fulls, problems = read_fulls(root)
        assert problems == []
        assert first in fulls
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
    assert steps > 10
    assert verify_all(root, tmp_path) == []
    assert read_fulls(root)[0][-1].digests == first.digests
    let_go(root, days=1)
    take_full(database_file, root, tmp_path / "archive", NOW + 2 * DAY_US)
    assert [path.name for path in root.rglob(".*.partial*")] == []


def test_on_a_full_disk_it_says_so_and_leaves_room_for_others(
    small_disk: Path, database_file: Path, database: Database, tmp_path: Path
) -> None:
    fill_database(database)
    database.close()
    root, before, ballast = small_disk / "backups", database_file.read_bytes(), small_disk / "ballast"
    for steps in itertools.count():
        ended = taken_or_refused(database_file, root, NOW + steps, filling(ballast, steps))
        assert list(root.rglob(".*.partial*")) == []
        assert database_file.read_bytes() == before
        ballast.unlink(missing_ok=True)
        assert verify_all(root, tmp_path) == []
        if ended and steps > 25:
            break
        shutil.rmtree(root, ignore_errors=True)


def filling(ballast: Path, steps: int) -> Callable[[], None]:
    """A step of a backup; before the n-th of them somebody fills the disk."""
    left = itertools.count(steps, -1)

    def step() -> None:
        if next(left) == 0:
            with suppress(OSError), ballast.open("wb") as file:
                while True:
                    file.write(bytes(4096))
                    file.flush()

    return step


def taken_or_refused(database_file: Path, root: Path, now_us: int, step: Callable[[], None]) -> bool:
    """Whether it was taken; if not, it is said that the disk is full, and there is no backup."""
    try:
        take_full(database_file, root, root.parent / "archive", now_us, step)
    except RetryError as error:
        said = str(error)
    else:
        return True
    assert re.search("[Nn]o space left .*: free some disk", said)
    assert read_fulls(root) == ([], [])
    return False


def test_it_is_not_begun_where_there_is_no_room_for_it(small_disk: Path, database_file: Path, tmp_path: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(1_800_000))
    with pytest.raises(RetryError, match=r"it takes \d MB for a while, 0 MB are free: free some disk"):
        take_full(database_file, small_disk / "backups", tmp_path / "archive", NOW)


def test_a_directory_that_is_not_ours_to_write_stops_it(
    database_file: Path, tmp_path: Path, start: Start, bound_by_permissions: tuple[str, ...]
) -> None:
    (tmp_path / "backups").mkdir(mode=0o555)
    said = start(DYING, str(database_file), str(tmp_path), "9999", str(NOW), before=bound_by_permissions)
    complaint = said.communicate(timeout=60)[1]
    assert "can't write to" in complaint
    assert "see whose directory it is (paths.backups)" in complaint


def test_no_directory_can_be_made_there(database_file: Path, tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("a file")
    with pytest.raises(StopError, match="can't write to"):
        take_full(database_file, tmp_path / "backups", tmp_path / "archive", NOW)


def flipped(path: Path, at: int) -> bytes:
    """Flip a bit of a file; what it held before."""
    content = path.read_bytes()
    path.write_bytes(content[: at // 8] + bytes([content[at // 8] ^ 1 << at % 8]) + content[at // 8 + 1 :])
    return content


@pytest.fixture
def taken(database: Database, database_file: Path, tmp_path: Path) -> Path:
    """A backup, and where the backups are."""
    fill_database(database)
    take_full(database_file, tmp_path / "backups", tmp_path / "archive", NOW)
    return tmp_path / "backups"


def test_a_bit_flipped_in_any_part_of_it_is_found(taken: Path, tmp_path: Path) -> None:
    path = full_path(taken, NOW)
    bits = 8 * path.stat().st_size
    for at in range(0, bits, bits // 400):
        content = flipped(path, at)
        assert len(verify_all(taken, tmp_path)) == 1, at
        path.write_bytes(content)
    assert verify_all(taken, tmp_path) == []


def test_one_that_is_cut_off_anywhere_is_found(taken: Path, tmp_path: Path) -> None:
    path = full_path(taken, NOW)
    content = path.read_bytes()
    for length in range(0, len(content), len(content) // 100):
        path.write_bytes(content[:length])
        assert len(verify_all(taken, tmp_path)) == 1, length
    path.write_bytes(content + b"\0")
    assert len(verify_all(taken, tmp_path)) == 1


def test_one_that_was_renamed_is_found(taken: Path, tmp_path: Path) -> None:
    for suffix in (".db.zst", ".json"):
        day = taken / "2026/11/21"
        shutil.move(day / f"full-20261121T023000.123456Z{suffix}", day / f"full-20261121T023000.123457Z{suffix}")
    (problem,) = verify_all(taken, tmp_path)
    assert "has another's manifest" in problem.told
