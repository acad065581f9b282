"""SQLite: the library, its connection settings, and where its file may lie.

Why each setting: docs/decisions/0003-sqlite.md.
"""

import logging
import os
import re
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy.pool import QueuePool

from shared.errors import StopError

_FIXED = (3, 51, 3)
_NETWORK_FILESYSTEMS = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "ceph",
    "fuse.ceph",
    "glusterfs",
    "fuse.glusterfs",
    "virtiofs",
    "vboxsf",
    "prl_fs",
    "fuse.sshfs",
    "fuse.grpcfuse",
    "fakeowner",
}

#: How often a writer looks whether the lock is free: often at first, and less so where something long holds it.
_LOOK_SECONDS, _LATER_SECONDS, _EAGER_SECONDS = 0.000_5, 0.005, 0.2

#: How /proc/mounts writes a blank or a backslash: `\040`, `\134`.
_OCTAL = re.compile(r"\\([0-7]{3})")

_log = logging.getLogger(__name__)


def library() -> ModuleType:
    """The one SQLite library of this process: pysqlite3, which bundles a fixed SQLite, or the standard one."""
    try:
        from pysqlite3 import dbapi2  # noqa: PLC0415
    except ImportError:
        from sqlite3 import dbapi2  # noqa: PLC0415
    module: ModuleType = dbapi2
    return module


def version_warning() -> str | None:
    """What to say if the loaded SQLite has the WAL-reset bug; None if it is fixed."""
    version = tuple(library().sqlite_version_info)
    if version >= _FIXED:
        return None
    return (
        f"SQLite {'.'.join(map(str, version))} can corrupt a WAL database that several processes write"
        f" (fixed in {'.'.join(map(str, _FIXED))}); install pysqlite3, which bundles a fixed one"
    )


def driver_arguments(busy_timeout_ms: int) -> dict[str, Any]:
    """For `create_engine`: our library, and transactions that begin when we say so."""
    return {
        "module": library(),
        "poolclass": QueuePool,
        "connect_args": {
            "isolation_level": None,
            "timeout": busy_timeout_ms / 1000,
            "check_same_thread": False,
        },
    }


def set_up(connection: Any, durability: str, busy_timeout_ms: int, *, read_only: bool, schema: str = "main") -> None:
    """Settings of a fresh connection; the WAL mode itself is kept in the file (`use_wal`).

    `schema` is what the connection calls the database.

    A writer waits in `begin_writing`, and nowhere else: once it holds the lock it meets nobody.
    """
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {busy_timeout_ms if read_only else 0:d}")
    cursor.execute(f"PRAGMA {schema}.synchronous = {'FULL' if durability == 'full' else 'NORMAL'}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA {schema}.mmap_size = 0")
    cursor.execute(f"PRAGMA {schema}.cache_size = -8000")
    cursor.execute("PRAGMA temp_store = MEMORY")
    if read_only:
        cursor.execute("PRAGMA query_only = ON")
    cursor.close()


def begin_writing(connection: Any, busy_timeout_ms: int) -> None:
    """Begin a transaction that holds the write lock; SQLite's "database is locked" if it stays taken for so long.

    SQLite's own waiting looks after 1, 2, 5, 10 ... 100 ms: beside a writer that is busy in short transactions it
    sleeps through most of the moments in which the lock is free.
    """
    begin = time.monotonic()
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except library().OperationalError as error:
            waited = time.monotonic() - begin
            if "locked" not in str(error) or waited * 1000 >= busy_timeout_ms:
                raise
            time.sleep(_LOOK_SECONDS if waited < _EAGER_SECONDS else _LATER_SECONDS)
        else:
            return


def use_wal(connection: Any, name: str, busy_timeout_ms: int) -> None:
    """Switch the file to WAL mode, which it keeps; StopError where it can't. Not inside a transaction."""
    connection.execute(f"PRAGMA busy_timeout = {busy_timeout_ms:d}")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    connection.execute("PRAGMA busy_timeout = 0")
    if mode != "wal":
        raise StopError(f"{name} can't use WAL mode (it stays {mode}): put it on a local file system")


def check_place(path: Path, mounts: str | None = None) -> None:
    """StopError if the database's directory is missing, not writable, or on a network file system.

    SQLite's WAL needs shared memory between its processes, which such file systems do not give.
    `mounts` is the text of /proc/mounts; it is read where it exists.
    """
    directory = path.parent.resolve()
    if not directory.is_dir():
        raise StopError(f"the data directory {directory} does not exist: create it, or set CHANDLER_PATHS__DATA")
    if not os.access(directory, os.W_OK):
        raise StopError(f"the data directory {directory} is not writable for uid {os.getuid()}: change its owner")
    kind = filesystem(directory, _mounts() if mounts is None else mounts)
    if kind in _NETWORK_FILESYSTEMS:
        raise StopError(
            f"{directory} is on {kind}, where SQLite's WAL mode corrupts: use a local disk or a named volume"
        )


def filesystem(directory: Path, mounts: str) -> str:
    """The type of file system a directory is on, by the longest mount point above it; "unknown" without mounts."""
    best, kind = "", "unknown"
    for line in mounts.splitlines():
        _device, escaped, found, *_ = line.split()
        mountpoint = _OCTAL.sub(lambda code: chr(int(code[1], 8)), escaped)
        if directory.is_relative_to(mountpoint) and len(mountpoint) >= len(best):
            best, kind = mountpoint, found
    return kind


def _mounts() -> str:
    mounts = Path("/proc/mounts")
    return mounts.read_text(encoding="utf-8") if mounts.exists() else ""
