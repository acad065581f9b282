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

from shared.database.limits import Limits
from shared.database.turn import Turn
from shared.errors import StopError

_FIXED = (3, 51, 3)
NETWORK_FILESYSTEMS = {
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

#: How often the first in the queue looks whether the lock is free: less so where something long holds it.
_LOOK_SECONDS, _LATER_SECONDS, _EAGER_SECONDS = 0.000_1, 0.005, 0.2

#: A WAL of so many pages is moved into the database by whoever commits: at once by those who write the market, late
#: by those who write books, because by then the keeper has done it; 32 MB without one.
_MARKET_PAGES, _BOOKS_PAGES = 1_000, 8_000
_WAL_BYTES = 64 * 1024 * 1024

#: Statements that a connection keeps prepared. Where there are more, the driver lets go of the one that ran least
#: often, which is the newest: then no further one stays, and each is compiled anew whenever it runs.
_STATEMENTS = 512

#: So many steps of SQLite's machine are a few milliseconds.
_STEPS = 100_000

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
            "cached_statements": _STATEMENTS,
        },
    }


def set_up(
    connection: Any,
    durability: str,
    limits: Limits,
    *,
    read_only: bool,
    schema: str = "main",
) -> None:
    """Settings of a fresh connection; the WAL mode itself is kept in the file (`use_wal`).

    `schema` is what the connection calls the database. Why each: docs/decisions/0003-sqlite.md, 0029-store-speed.md.

    A writer waits in `begin_writing`, and nowhere else: once it holds the lock it meets nobody.
    """
    books = durability == "full"
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {limits.busy_timeout_ms if read_only else 0:d}")
    cursor.execute(f"PRAGMA {schema}.synchronous = {'FULL' if books else 'NORMAL'}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA {schema}.mmap_size = 0")
    cursor.execute(f"PRAGMA {schema}.cache_size = {-1_024 * limits.cache_megabytes:d}")
    cursor.execute("PRAGMA temp_store = MEMORY")
    if read_only:
        cursor.execute("PRAGMA query_only = ON")
    else:
        cursor.execute(f"PRAGMA {schema}.journal_size_limit = {_WAL_BYTES:d}")
        cursor.execute(f"PRAGMA wal_autocheckpoint = {_BOOKS_PAGES if books else _MARKET_PAGES:d}")
    cursor.close()
    if read_only and limits.query_timeout_ms:
        end_long_statements(connection, limits.query_timeout_ms)


def end_long_statements(connection: Any, limit_ms: int) -> None:
    """Let SQLite end a statement that takes longer, from its start to its last row: "interrupted".

    It asks every few milliseconds of its work, so a short statement is never asked. A count of a whole table is one
    step to SQLite, and goes on.
    """
    limit_ns = limit_ms * 1_000_000
    connection.set_progress_handler(lambda: time.perf_counter_ns() - connection.statement_ns > limit_ns, _STEPS)


def begin_writing(connection: Any, busy_timeout_ms: int, turn: Turn | None = None) -> None:
    """Begin a transaction that holds the write lock; SQLite's "database is locked" if it stays taken for so long.

    SQLite's own waiting looks after 1, 2, 5, 10 ... 100 ms: beside a writer that is busy in short transactions it
    sleeps through most of the moments in which the lock is free, and who came first is not who is next. Those who
    have time queue in `turn`, for half of it: the first may wait for another database of that directory, or be a
    process that somebody stopped. Who has none (`busy_timeout_ms` 0) tries once, whoever waits.
    """
    begin, seconds = time.monotonic(), busy_timeout_ms / 1000
    is_first = turn is not None and seconds > 0 and turn.take(seconds / 2)
    try:
        _insist(connection, begin, seconds)
    finally:
        if turn and is_first:
            turn.give()


def _insist(connection: Any, begin: float, seconds: float) -> None:
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except library().OperationalError as error:
            waited = time.monotonic() - begin
            if "locked" not in str(error) or waited >= seconds:
                raise
            time.sleep(_LOOK_SECONDS if waited < _EAGER_SECONDS else _LATER_SECONDS)
        else:
            return


def use_wal(connection: Any, name: str, busy_timeout_ms: int) -> None:
    """Switch the file to WAL mode, which it keeps; StopError where it can't. Not inside a transaction.

    A file that has no table yet will be able to give back room bit by bit (0028-tiers.md).
    """
    connection.execute(f"PRAGMA busy_timeout = {busy_timeout_ms:d}")
    if connection.execute("PRAGMA page_count").fetchone()[0] == 0:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
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
    if kind in NETWORK_FILESYSTEMS:
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
