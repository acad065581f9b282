"""Which file system a directory is on, and what kind of volume that is. Pure."""

import re
from pathlib import Path
from typing import NamedTuple

#: How the kernel writes a blank or a backslash: `\040`, `\134`.
_OCTAL = re.compile(r"\\([0-7]{3})")
#: Where Docker and Podman keep named volumes.
_NAMED = re.compile(r"/volumes/([^/]+)/_data(/|$)")


class Mount(NamedTuple):
    """A line of /proc/self/mountinfo (proc_pid_mountinfo(5)): where, which part of the file system, and its type."""

    point: str
    root: str
    kind: str
    is_read_only: bool


def mount_of(directory: Path, mountinfo: str) -> Mount | None:
    """The mount a directory is on; None if the text tells of none."""
    mounts = [_mount(line) for line in mountinfo.splitlines()]
    above = [mount for mount in mounts if directory.is_relative_to(mount.point)]
    return max(reversed(above), key=lambda mount: len(mount.point), default=None)


def volume(mount: Mount) -> str:
    """What a person calls it: `ext4, the named volume chandler_data`."""
    if named := _NAMED.search(mount.root):
        return f"{mount.kind}, the named volume {named[1]}"
    if mount.root != "/" and mount.kind != "btrfs":
        return f"{mount.kind}, {mount.root} mounted at {mount.point}"
    return f"{mount.kind}, mounted at {mount.point}"


def _mount(line: str) -> Mount:
    before, _, after = line.partition(" - ")
    _id, _parent, _device, root, point, options, *_ = before.split(" ")
    kind, _source, of_the_system, *_ = [*after.split(" "), "", ""]
    is_read_only = "ro" in options.split(",") or "ro" in of_the_system.split(",")
    return Mount(_plain(point), _plain(root), kind, is_read_only)


def _plain(escaped: str) -> str:
    return _OCTAL.sub(lambda code: chr(int(code[1], 8)), escaped)
