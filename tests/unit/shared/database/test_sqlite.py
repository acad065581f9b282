"""The SQLite library, and where its file may lie."""

from pathlib import Path

import pytest

from shared.database import sqlite
from shared.errors import StopError

LOCAL = "overlay / overlay rw,relatime 0 0\nproc /proc proc rw 0 0\n/dev/sda1 {directory} ext4 rw,relatime 0 0\n"


def check(directory: Path, mounts: str) -> None:
    """Check a database in a directory, with {directory} in the mounts being it."""
    sqlite.check_place(directory / "trading.db", mounts.format(directory=str(directory).replace(" ", "\\040")))


def test_a_local_disk_is_a_good_place(tmp_path: Path) -> None:
    check(tmp_path, LOCAL)


NETWORK = "nfs nfs4 cifs smb3 smbfs 9p ceph fuse.ceph glusterfs fuse.glusterfs fuse.sshfs"
DESKTOP = "virtiofs vboxsf prl_fs fuse.grpcfuse fakeowner"


@pytest.mark.parametrize("kind", [*NETWORK.split(), *DESKTOP.split()])
def test_a_network_or_desktop_file_system_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(StopError, match=f"is on {kind}, where SQLite's WAL mode corrupts: use a local disk"):
        check(tmp_path, f"overlay / overlay rw 0 0\nserver:/export {{directory}} {kind} rw,vers=4.2 0 0\n")


def test_a_network_mount_above_the_directory_counts(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(StopError, match="is on nfs"):
        check(tmp_path / "data", f"overlay / overlay rw 0 0\nserver:/export {tmp_path} nfs rw 0 0\n")


def test_a_local_disk_mounted_below_a_network_one_is_a_good_place(tmp_path: Path) -> None:
    check(tmp_path, "server:/root / nfs rw 0 0\n" + "/dev/sda1 {directory} xfs rw 0 0\n")


def test_the_last_mount_on_a_directory_hides_the_ones_before(tmp_path: Path) -> None:
    with pytest.raises(StopError, match="is on nfs"):
        check(tmp_path, "/dev/sda1 {directory} ext4 rw 0 0\nserver:/export {directory} nfs rw 0 0\n")


def test_a_neighbour_whose_name_only_begins_alike_does_not_count(tmp_path: Path) -> None:
    for name in ("data", "data-on-nfs"):
        (tmp_path / name).mkdir()
    check(tmp_path / "data-on-nfs", f"overlay / overlay rw 0 0\nserver:/export {tmp_path}/data nfs rw 0 0\n")


def test_a_mount_point_with_a_blank_in_its_name_is_recognized(tmp_path: Path) -> None:
    (tmp_path / "my data").mkdir()
    with pytest.raises(StopError, match="is on cifs"):
        check(tmp_path / "my data", "overlay / overlay rw 0 0\n//server/share {directory} cifs rw 0 0\n")


def test_a_link_to_a_network_mount_is_followed(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "export")
    with pytest.raises(StopError, match="is on nfs"):
        check(tmp_path / "data", f"overlay / overlay rw 0 0\nserver:/export {tmp_path}/export nfs rw 0 0\n")


def test_a_host_without_a_list_of_mounts_is_believed(tmp_path: Path) -> None:
    assert sqlite.filesystem(tmp_path, "") == "unknown"
    check(tmp_path, "")


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StopError, match="does not exist: create it"):
        check(tmp_path / "missing", LOCAL)


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 51, 2)])
def test_an_sqlite_with_the_wal_reset_bug_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]
) -> None:
    monkeypatch.setattr(sqlite.library(), "sqlite_version_info", version)
    warning = sqlite.version_warning()
    assert warning is not None
    assert "can corrupt a WAL database that several processes write (fixed in 3.51.3)" in warning


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 53, 4), (4, 0, 0)])
def test_a_fixed_sqlite_needs_no_warning(monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]) -> None:
    monkeypatch.setattr(sqlite.library(), "sqlite_version_info", version)
    assert sqlite.version_warning() is None
