"""How much room a disk has, and whether history may take more of it.

History stops first, long before the disk is full: it can be fetched again, and what is left then is for trades, books
and the live edge, whose journal has its space set aside. Pure but for the looks at the file system.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

#: A small disk has to be fuller, in proportion, than the configured megabytes would let it.
_SMALLEST_SHARE = 20
#: History goes on once there is so much more room, so that it does not stop and start with every page.
_RESUMED = 1.25


class Free(NamedTuple):
    """Bytes that a file system has left for us, and all it has."""

    free: int
    total: int


def free_of(directory: Path) -> Free:
    """What the file system of a directory has left. OSError if there is no such directory."""
    told = os.statvfs(directory)
    return Free(told.f_bavail * told.f_frsize, told.f_blocks * told.f_frsize)


def tree_bytes(root: Path) -> int:
    """What the files below a directory take on disk; what goes away meanwhile, or can't be read, counts as nothing."""
    found = 0
    for directory, _, names in os.walk(root):
        for name in names:
            try:
                told = os.lstat(os.path.join(directory, name))  # noqa: PTH118 - a Path for each of many files is slow
            except OSError:
                continue
            found += told.st_blocks * 512 if stat.S_ISREG(told.st_mode) else 0
    return found


def stop_bytes(megabytes: int, total: int) -> int:
    """Where history stops: at so many megabytes (10^6) left, or at a twentieth of a disk for which that is much."""
    return min(megabytes * 1_000_000, total // _SMALLEST_SHARE)


def is_short(disk: Free, megabytes: int, *, was_short: bool) -> bool:
    """Whether history has to wait. Once it does it takes a quarter more room before it goes on."""
    limit = stop_bytes(megabytes, disk.total)
    return disk.free < (limit * _RESUMED if was_short else limit)


@dataclass
class Room:
    """Looks whether the disk of a directory has room for history, `megabytes` being left for everything else."""

    directory: Path
    megabytes: int
    look: Callable[[Path], Free] = free_of
    _was_short: bool = field(default=False, init=False)

    def complaint(self) -> str | None:
        """Why history has to wait; None if it may go on. A disk that can't be asked says so when it is written."""
        try:
            disk = self.look(self.directory)
        except OSError:
            return None
        self._was_short = is_short(disk, self.megabytes, was_short=self._was_short)
        return self._told(disk) if self._was_short else None

    def _told(self, disk: Free) -> str:
        limit = stop_bytes(self.megabytes, disk.total)
        return (
            f"only {disk.free / 1e6:,.0f} MB are left on the disk of {self.directory}: no more history is taken, so"
            f" that trades can still be written; make room, it goes on at {limit * _RESUMED / 1e6:,.0f} MB"
            " (keeper.disk_stop_megabytes)"
        )
