"""Looking after a database file: checkpoints and online copies. SQLite only; PostgreSQL has tools of its own."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError

from shared.database.connect import explain
from shared.database.sqlite import library
from shared.errors import ConfigError, RepairError, RetryError

_PAGES_A_STEP = 2_000


def database_file(url: str) -> Path:
    """The file behind an SQLite URL; ConfigError for any other database."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise ConfigError(f"{parsed.render_as_string()} is not an SQLite file: its server's own tools look after it")
    return Path(parsed.database)


def checkpoint(path: Path) -> tuple[int, int]:
    """Move what can be moved from the WAL into the database without making anybody wait.

    Returns the pages in the WAL and how many of them are in the database now.
    """
    with opened(path) as connection:
        _busy, pages, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return pages, moved


def shrink_wal(path: Path) -> bool:
    """Empty the WAL and give its room back, if nobody needs it at this moment; returns whether that was so.

    It waits for nobody, unlike the same with a busy timeout, which would hold all writers up behind one reader.
    """
    with opened(path, busy_seconds=0) as connection:
        busy, _pages, _moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def copy_to(path: Path, target: Path, each_step: Callable[[], None] = lambda: None) -> None:
    """The same as `snapshot`, checked and on disk; RepairError if the check finds damage."""
    snapshot(path, target, each_step)
    with opened(target) as copy:
        damage = quick_check(copy)
    if damage:
        raise RepairError(f"the copy of {path} is damaged ({damage}): check the disk, then `PRAGMA integrity_check`")
    sync(target)


def snapshot(path: Path, target: Path, each_step: Callable[[], None] = lambda: None) -> None:
    """Copy a database that others write at this moment, as it stood at one instant, the WAL's content included.

    The source stays in one read transaction throughout: without it every commit of another process would start
    the copy over. `each_step` is called every few megabytes; what it raises ends the copy. The copy is a single
    file (no WAL beside it), neither checked nor on disk yet.
    """
    with opened(path) as source, opened(target) as copy:
        copy.execute("PRAGMA synchronous = OFF")  # a draft: whoever keeps it syncs it
        copy.execute("PRAGMA journal_mode = OFF")
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        source.backup(copy, pages=_PAGES_A_STEP, progress=lambda *_: each_step())
        source.execute("COMMIT")
        copy.execute("PRAGMA journal_mode = DELETE")


def quick_check(connection: Any) -> str | None:
    """What SQLite finds wrong with a database; None if it is whole."""
    found = [row[0] for row in connection.execute("PRAGMA quick_check(5)")]
    return None if found == ["ok"] else "; ".join(found)


def sync_directory(directory: Path) -> None:
    """Make a rename in it durable."""
    sync(directory)


@contextmanager
def opened(path: Path, busy_seconds: float = 10) -> Iterator[Any]:
    """A connection of the driver's, every statement a transaction; what it complains of is explained."""
    errors = library().Error
    try:
        with closing(library().connect(path, isolation_level=None, timeout=busy_seconds)) as connection:
            yield connection
    except errors as error:
        told = explain(DatabaseError("", None, error), str(path))
        raise told or RetryError(f"{path}: {error}: check its disk and whose file it is") from error


def sync(path: Path) -> None:
    """Have a file, or a directory's names, on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
