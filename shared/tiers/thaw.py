"""A month's rows back into the database: put in, bit by bit, and only then is their file no longer counted on.

Whoever is killed in between leaves the file as it was, and readers go by it; the next round of the keeper takes out
again what was put in.
"""

from collections.abc import Iterator

from shared.archive import Month
from shared.archive.record import Move, record
from shared.errors import StopError
from shared.tiers.catalogue import TierFile, files_of, replace_files
from shared.tiers.files import Rows, read_rows
from shared.tiers.pack import are_held, prove, tidy
from shared.tiers.place import writing_tables
from shared.tiers.policy import HOT
from shared.tiers.shelf import Shelf
from shared.tiers.tables import Aged

_BATCH = 100


def thaw(shelf: Shelf, aged: Aged, month: Month, held_us: int, now_us: int) -> int:
    """Put the rows of a table's month back; returns how many. StopError if no file holds any.

    `held_us`: StopError, too, if a file was entered later, so that no backup has a copy of it yet.
    RepairError if a file is damaged. The policy takes them out again unless it was changed.
    """
    with writing_tables(shelf.root):
        with shelf.database.read() as connection:
            files = [file for file in files_of(connection, aged.name) if file.month == month]
        if not files:
            raise StopError(f"no rows of {aged.name} of {month} have left the database: `chandler tiers status`")
        if not are_held(shelf, files, held_us):
            raise StopError(
                f"no backup holds the files of {aged.name} of {month} yet: `chandler backup` first, so that the state"
                " before can be restored; or set tiers.without_backup"
            )
        for file in files:
            prove(shelf.root, file)
        rows = sum(_put_back(shelf, aged, file, now_us) for file in files)
    tidy(shelf, now_us)
    return rows


def _put_back(shelf: Shelf, aged: Aged, file: TierFile, now_us: int) -> int:
    """With their old stamps: a row is what it was. The change log says that they came anew."""
    marks = ", ".join("?" * len(aged.columns))
    statement = (
        f"INSERT INTO {aged.name} ({', '.join(aged.columns)}) VALUES ({marks})"  # noqa: S608 - our own names
        f" ON CONFLICT ({', '.join(aged.key)}) DO NOTHING"
    )
    for batch in _batches(shelf, aged, file):
        with shelf.database.write() as connection:
            connection.exec_driver_sql(statement, batch)
        shelf.step("put back")
        shelf.pause()
    with shelf.database.write() as connection:
        replace_files(connection, [file], None)
        record(connection, _move(aged, file, now_us))
    shelf.step("thawed")
    return file.rows


def _batches(shelf: Shelf, aged: Aged, file: TierFile) -> Iterator[Rows]:
    for rows in read_rows(shelf.root / file.path, aged.columns):
        for start in range(0, len(rows), _BATCH):
            yield rows[start : start + _BATCH]


def _move(aged: Aged, file: TierFile, now_us: int) -> Move:
    return Move(
        action="thaw",
        policy="by hand",
        table_name=aged.name,
        from_tier=file.tier,
        to_tier=HOT,
        rows=file.rows,
        first_us=file.first_us,
        last_us=file.last_us,
        path=file.path,
        sha256=file.sha256,
        reason="put back into the table",
        moved_at_us=now_us,
    )
