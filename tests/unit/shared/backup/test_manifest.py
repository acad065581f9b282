"""What stands beside a backup, and that nothing in it can be changed unnoticed."""

import json
from pathlib import Path

import pytest

from shared.backup.manifest import ArchiveFile, Full, Increment, manifest_digest, manifest_text, read_manifest
from shared.errors import RepairError
from tests.unit.shared.backup.manifests import full, increment

FILE = ArchiveFile(path="binance/spot/BTC_USDT/1m/2024-01.parquet", bytes=9, sha256="f" * 64)
FULL = full(5, left_out={"leases": ("expires_us",)}, files=(FILE,), lacking=("a/b",))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "full.json"


@pytest.mark.parametrize("manifest", [FULL, increment(5, 9, told_twice=((6, 7),))], ids=["full", "increment"])
def test_a_manifest_reads_back_as_it_was_written(path: Path, manifest: Full | Increment) -> None:
    path.write_text(manifest_text(manifest), encoding="utf-8")
    assert read_manifest(type(manifest), path) == manifest


def test_every_flipped_bit_in_it_is_noticed(path: Path) -> None:
    text = manifest_text(FULL).encode()
    for at in range(8 * len(text)):
        flipped = bytearray(text)
        flipped[at // 8] ^= 1 << at % 8
        path.write_bytes(flipped)
        with pytest.raises(RepairError):
            read_manifest(Full, path)


def test_every_shorter_text_is_noticed(path: Path) -> None:
    text = manifest_text(FULL).encode()
    for length in range(len(text)):
        path.write_bytes(text[:length])
        with pytest.raises(RepairError):
            read_manifest(Full, path)


def test_a_figure_that_was_changed_with_care_is_noticed(path: Path) -> None:
    plain = json.loads(manifest_text(FULL))
    path.write_text(json.dumps({**plain, "stamp_us": 6}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    with pytest.raises(RepairError, match="was altered"):
        read_manifest(Full, path)


def test_an_increment_is_no_full_backup(path: Path) -> None:
    path.write_text(manifest_text(increment(1, 2)), encoding="utf-8")
    with pytest.raises(RepairError, match="is no manifest"):
        read_manifest(Full, path)


def test_a_newer_one_asks_for_an_upgrade(path: Path) -> None:
    path.write_text(manifest_text(full(5, version=2)), encoding="utf-8")
    with pytest.raises(RepairError, match="of a newer Chandler"):
        read_manifest(Full, path)


def test_what_names_it_is_a_checksum_of_all_of_it() -> None:
    assert manifest_digest(full(5)) == manifest_digest(full(5))
    assert manifest_digest(full(5)) != manifest_digest(full(6))
