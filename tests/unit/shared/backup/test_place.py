"""The names of backups."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.backup.place import (
    draft_path,
    full_path,
    fulls_in,
    increment_path,
    increments_in,
    manifest_path,
    us_of,
)

ROOT = Path("backups")
AT = 1_795_228_200_123_456


def test_a_backup_lies_under_its_day_and_is_named_by_its_microsecond_in_utc() -> None:
    assert full_path(ROOT, AT) == ROOT / "2026/11/21/full-20261121T023000.123456Z.db.zst"
    assert increment_path(ROOT, AT) == ROOT / "2026/11/21/increment-20261121T023000.123456Z.zst"


def test_its_manifest_stands_beside_it() -> None:
    assert manifest_path(full_path(ROOT, AT)).name == "full-20261121T023000.123456Z.json"
    assert manifest_path(increment_path(ROOT, AT)).name == "increment-20261121T023000.123456Z.json"


@given(st.integers(0, 253_402_300_799_999_999))
def test_a_name_tells_its_microsecond(us: int) -> None:
    for path in (full_path(ROOT, us), increment_path(ROOT, us)):
        assert us_of(path) == us_of(manifest_path(path)) == us


def test_names_sort_as_time_does() -> None:
    paths = [full_path(ROOT, us) for us in (999_999, 1_000_000, AT, AT + 1)]
    assert sorted(paths) == paths


@pytest.mark.parametrize("name", ["full-20261121.db.zst", "trading-20261121T023000Z.db", "notes.txt", ".lock"])
def test_what_is_named_otherwise_is_no_backup(name: str) -> None:
    with pytest.raises(ValueError, match="not named as a backup"):
        us_of(Path(name))


def test_only_what_has_a_manifest_counts(tmp_path: Path) -> None:
    counting, unfinished, increment = full_path(tmp_path, AT), full_path(tmp_path, AT + 1), increment_path(tmp_path, AT)
    counting.parent.mkdir(parents=True)
    for path in (counting, manifest_path(counting), unfinished, increment, manifest_path(increment)):
        path.touch()
    for draft in (draft_path(counting), draft_path(manifest_path(unfinished))):
        draft.touch()
    assert fulls_in(tmp_path) == [counting]
    assert increments_in(tmp_path) == [increment]
