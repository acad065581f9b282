"""Opening a database so that nothing of it can change: not its rows, not its WAL, not the files beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, NullPool, create_engine, event

from shared.database.sqlite import library

_BUSY_SECONDS = 2


@contextmanager
def read_file(path: Path) -> Iterator[Connection]:
    """One steady view of an SQLite file, which need be neither ours, nor whole, nor of this code's schema."""
    engine = _engine(path)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def is_in_wal_mode(path: Path) -> bool:
    """By the file's header, bytes 18 and 19 (https://sqlite.org/fileformat.html#file_format_version_numbers)."""
    with path.open("rb") as file:
        return file.read(20)[18:20] == b"\x02\x02"


def _engine(path: Path) -> Engine:
    engine = create_engine("sqlite://", module=library(), creator=partial(_connect, path), poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.execute("BEGIN")

    return engine


def _connect(path: Path) -> Any:
    """Where no WAL lies beside it nobody has it open: then it is read as immutable, and no such file is made either."""
    is_open = any(path.with_name(path.name + suffix).exists() for suffix in ("-wal", "-journal"))
    uri = f"file:{quote(str(path.resolve()))}?mode=ro{'' if is_open else '&immutable=1'}"
    connection = library().connect(uri, uri=True, isolation_level=None, timeout=_BUSY_SECONDS)
    connection.execute("PRAGMA query_only = ON")
    return connection
