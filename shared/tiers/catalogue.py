"""What the database knows of files with aged rows (`tier_files`), and what the record says of them."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from shared.archive import Month
from shared.models import tier_files, tier_moves
from shared.tiers.place import month_in
from shared.tiers.policy import COLD, FROZEN, HOT, WARM


class TierFile(NamedTuple):
    """A file whose rows count. `path` is relative to the archive, times are of its oldest and newest row (us)."""

    path: str
    table_name: str
    tier: str
    rows: int
    first_id: int | None
    last_id: int | None
    first_us: int
    last_us: int
    bytes: int
    sha256: str
    made_at_us: int

    @property
    def month(self) -> Month:
        """The month its rows are of."""
        return month_in(self.path)


_FILES = select(*(tier_files.c[name] for name in TierFile._fields))
_OF_TABLE = _FILES.where(tier_files.c.table_name == bindparam("table")).order_by(
    tier_files.c.first_us, tier_files.c.path
)
_ALL = _FILES.order_by(tier_files.c.table_name, tier_files.c.first_us, tier_files.c.path)
_ADD = insert(tier_files)
_DROP = delete(tier_files).where(tier_files.c.path == bindparam("its_path"))
_LEFT = select(func.coalesce(func.sum(tier_moves.c.rows), 0)).where(
    tier_moves.c.path == bindparam("its_path"), tier_moves.c.action == "prune", tier_moves.c.from_tier == HOT
)
_ENTERED = select(func.max(tier_moves.c.stamp_us)).where(
    tier_moves.c.path == bindparam("its_path"), tier_moves.c.action == "move"
)
#: Files that nothing has counted on since a while, by what this database did itself.
_DONE_WITH = (
    select(tier_moves.c.path)
    .where(tier_moves.c.from_tier.in_((WARM, COLD, FROZEN)), tier_moves.c.action.in_(("prune", "thaw", "delete")))
    .group_by(tier_moves.c.path)
    .having(func.max(tier_moves.c.moved_at_us) < bindparam("before_us"))
)


def files_of(connection: Connection, table: str) -> list[TierFile]:
    """The files with rows of a table, by their oldest row."""
    return [TierFile(*row) for row in connection.execute(_OF_TABLE, {"table": table})]


def all_files(connection: Connection) -> list[TierFile]:
    """The files of every table."""
    return [TierFile(*row) for row in connection.execute(_ALL)]


def replace_files(connection: Connection, old: Sequence[TierFile], new: TierFile | None) -> None:
    """From the commit on the rows are in `new`, and no longer in `old`."""
    for file in old:
        connection.execute(_DROP, {"its_path": file.path})
    if new is not None:
        connection.execute(_ADD, new._asdict())


def rows_left(connection: Connection, path: str) -> int:
    """How many of a file's rows have left the database, by the record."""
    return int(connection.execute(_LEFT, {"its_path": path}).scalar_one())


def entered_us(connection: Connection, file: TierFile) -> int:
    """The stamp of the transaction from which on the file counts: a backup that holds it has a copy of the file."""
    return int(connection.execute(_ENTERED, {"its_path": file.path}).scalar() or 0)


def done_with(connection: Connection, before_us: int) -> list[str]:
    """Files that were replaced or given up before then, and that nothing names any more."""
    counted = {file.path for file in all_files(connection)}
    return [path for path in connection.execute(_DONE_WITH, {"before_us": before_us}).scalars() if path not in counted]
