"""Keeps the WAL short, and finds out who keeps it long.

Every commit goes to the WAL, and a checkpoint moves it from there into the database. Only what no reader may still need
can be moved, and the WAL begins anew only when no reader is in it: one that never ends its transaction lets the WAL
grow until the disk is full.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from shared.database.upkeep import checkpoint, shrink_wal
from shared.errors import RepairError

#: Longer than any reader of ours takes, a backup apart; no shorter one is worth a person's attention.
_PATIENCE_SECONDS = 30.0
#: Where in the -shm file SQLite's readers hold their locks (walLockOffset, WAL_READ_LOCK(0..4); sqlite.org/walformat).
_READ_LOCKS = range(123, 128)
_LOCKS = Path("/proc/locks")
_LONGEST_WORD = 60


@dataclass
class WalWatch:
    """Moves the WAL into the database, and empties it once it is longer than `cap_bytes`.

    `clock` is monotonic; `readers` finds the processes that read the database of a path.
    """

    database: Path
    cap_bytes: int
    log: FilteringBoundLogger
    clock: Callable[[], float] = time.monotonic
    readers: Callable[[Path], Mapping[int, str]] | None = None
    _since: float | None = field(default=None, init=False)
    _suspects: set[int] = field(default_factory=set, init=False)

    def round(self) -> Mapping[str, object]:
        """RepairError if somebody has kept the WAL too long for half a minute; it names the processes it can see."""
        pages, moved = checkpoint(self.database)
        size = self._bytes()
        if size > self.cap_bytes and shrink_wal(self.database):
            self.log.info("the WAL was long and is emptied", bytes=size)
            size = self._bytes()
        figures = {"wal_bytes": size, "pages": pages, "moved": moved}
        self.log.debug("checkpoint", **figures)
        if size <= self.cap_bytes:
            self._since = None
            return figures
        if told := self._held(size):
            raise RepairError(told)
        return figures

    def _held(self, size: int) -> str | None:
        """Who has kept it since it could not be emptied for the first time; None while that is not long."""
        now, readers = self.clock(), (self.readers or reading)(self.database)
        if self._since is None:
            self._since, self._suspects = now, set(readers)
        self._suspects &= set(readers)
        held = now - self._since
        if held < _PATIENCE_SECONDS or self._suspects == {os.getpid()}:  # our own backup reads until it is done
            return None
        stay = sorted(self._suspects or readers)  # those who take turns keep it as well
        return told(size, self.cap_bytes, held, {pid: readers[pid] for pid in stay})

    def _bytes(self) -> int:
        try:
            return self.database.with_name(f"{self.database.name}-wal").stat().st_size
        except OSError:
            return 0


def told(size: int, cap: int, seconds: float, suspects: Mapping[int, str]) -> str:
    """What to tell a person of a WAL that is too long. Pure."""
    who = ", ".join(f"process {pid} ({name})" for pid, name in suspects.items())
    return (
        f"the WAL is {size / 1e6:,.0f} MB long (keeper.wal_megabytes: {cap / 1e6:,.0f}), and for {seconds:.0f} s"
        f" readers have kept it: {who or 'none that is seen from here, look for a program that has the database open'};"
        " have them end their transactions, or end them; the WAL shrinks by itself then"
    )


def reading(database: Path) -> dict[int, str]:
    """The processes that are in a read transaction on a database now, with their command lines.

    Only those that the kernel shows us: of one container, and on Linux. Nothing if there is no telling.
    """
    try:
        inode = database.with_name(f"{database.name}-shm").stat().st_ino
        return {pid: command(pid) for pid in sorted(lock_holders(_LOCKS.read_text(encoding="ascii"), inode))}
    except OSError:
        return {}


def lock_holders(locks: str, inode: int) -> set[int]:
    """Who holds a reader's lock on the file of that number, by the text of /proc/locks (proc_locks(5)). Pure."""
    held = map(partial(_reader, inode=inode), locks.splitlines())
    return {pid for pid in held if pid}


def command(pid: int) -> str:
    """What a process is, in few words."""
    try:
        return brief(Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0"))
    except OSError:
        return "gone"


def brief(words: Sequence[str]) -> str:
    """The program of a command line and what it runs, nothing that may be a secret: `python -m trader`. Pure."""
    program, *rest = [word for word in words if word] or ["unnamed"]
    named = [word for word in rest[:2] if len(word) <= _LONGEST_WORD and not set("=:@ \n") & set(word)]
    return " ".join([Path(program).name, *named])


def _reader(line: str, inode: int) -> int | None:
    """`1: POSIX  ADVISORY  READ 4242 00:3f:1234 124 124` -> 4242, if it is a lock of a reader on that file."""
    match line.split():
        case [_, "POSIX", _, "READ", pid, file, first, last]:
            whole = file.rpartition(":")[2] == str(inode) and last.isdecimal()
            overlaps = whole and int(first) <= _READ_LOCKS[-1] and int(last) >= _READ_LOCKS[0]
            return int(pid) if overlaps else None
        case _:
            return None
