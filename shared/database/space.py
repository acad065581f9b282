"""The room in a database file that no row uses, and giving it back. SQLite only."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from shared.database.upkeep import opened

#: `PRAGMA auto_vacuum`: free pages can be given back a few at a time.
_INCREMENTAL = 2
#: So many pages at once keep the write lock for a few milliseconds.
_PAGES = 25


class Space(NamedTuple):
    """Bytes of the file, and of them what no row uses; `gives_back` if that can be given back bit by bit."""

    file_bytes: int
    free_bytes: int
    gives_back: bool


def space(path: Path) -> Space:
    """How full a database file is."""
    with opened(path) as connection:
        page, pages, free, mode = (
            _asked(connection, name) for name in ("page_size", "page_count", "freelist_count", "auto_vacuum")
        )
    return Space(page * pages, page * free, mode == _INCREMENTAL)


def give_back(path: Path, keep_bytes: int, go_on: Callable[[], bool], pause: Callable[[], None]) -> int:
    """Shorten the file by what no row uses beyond `keep_bytes`, a little at a time; returns the bytes given back.

    Nothing where the file can't (see `rebuild`). `go_on` is asked before each step, `pause` lets writers in between.
    """
    with opened(path) as connection:
        if _asked(connection, "auto_vacuum") != _INCREMENTAL:
            return 0
        page, first = _asked(connection, "page_size"), _asked(connection, "freelist_count")
        free = first
        while free * page > keep_bytes and go_on():
            connection.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()
            left = _asked(connection, "freelist_count")
            if left >= free:
                break
            free = left
            pause()
    return (first - free) * page


def rebuild(path: Path) -> None:
    """Write the whole file anew, without holes, and so that it can give room back from then on.

    All writers wait meanwhile: about a second for each 100 MB; it takes as much free disk as the rows, twice.
    """
    with opened(path) as connection:
        connection.execute(f"PRAGMA auto_vacuum = {_INCREMENTAL}")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _asked(connection: Any, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
