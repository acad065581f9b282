"""Which volume a directory is on, by the kernel's text."""

from pathlib import Path

import pytest

from console.doctor.mounts import Mount, mount_of, volume

CONTAINER = """\
600 500 0:52 / / rw,relatime - overlay overlay rw,lowerdir=/a:/b
601 600 0:55 / /proc rw,nosuid - proc proc rw
602 600 8:1 /var/lib/docker/volumes/chandler_data/_data /data rw,relatime - ext4 /dev/sda1 rw
603 600 8:1 /home/ada/my\\040backups /backups rw,relatime - ext4 /dev/sda1 rw
604 600 0:60 / /memory rw,nosuid - tmpfs tmpfs rw,size=32m
605 600 0:61 / /share ro,relatime shared:1 master:2 - nfs4 server:/share rw
"""


@pytest.mark.parametrize(
    ("directory", "told"),
    [
        ("/data", "ext4, the named volume chandler_data"),
        ("/data/archive", "ext4, the named volume chandler_data"),
        ("/database", "overlay, mounted at /"),
        ("/backups", "ext4, /home/ada/my backups mounted at /backups"),
        ("/memory/scratch", "tmpfs, mounted at /memory"),
    ],
)
def test_a_directory_is_on_the_volume_that_is_mounted_nearest_above_it(directory: str, told: str) -> None:
    mount = mount_of(Path(directory), CONTAINER)
    assert mount is not None
    assert volume(mount) == told


def test_a_mount_that_is_read_only_says_so() -> None:
    assert mount_of(Path("/share/x"), CONTAINER) == Mount("/share", "/", "nfs4", is_read_only=True)


def test_of_two_mounts_in_one_place_the_later_hides_the_other() -> None:
    later = "700 602 0:70 / /data rw - tmpfs tmpfs rw\n"
    assert mount_of(Path("/data"), CONTAINER + later) == Mount("/data", "/", "tmpfs", is_read_only=False)


def test_where_the_system_tells_of_no_mounts_nothing_is_known() -> None:
    assert mount_of(Path("/data"), "") is None
