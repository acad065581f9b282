"""Samples of what is stored and of what the disk has left: a row each in `disk_samples`."""

from dataclasses import astuple
from pathlib import Path

from sqlalchemy import Connection, select

from shared.database import dialect
from shared.models import disk_samples
from shared.upkeep.forecast import Sample
from shared.upkeep.room import free_of, tree_bytes

_NAMES = tuple(Sample.__dataclass_fields__)
_COLUMNS = [disk_samples.c[name] for name in _NAMES]


def measure(database: Path, archive: Path, backups: Path, now_us: int) -> Sample:
    """Look now. OSError if the database's directory is not there; what else is not there has no bytes."""
    return Sample(
        now_us,
        _size(database),
        _size(database.with_name(f"{database.name}-wal")),
        tree_bytes(archive),
        tree_bytes(backups),
        *free_of(database.parent),
    )


def save(connection: Connection, sample: Sample) -> None:
    """Keep it; of one moment there is one."""
    statement = dialect.insert_or_ignore(connection.dialect.name, disk_samples, ("taken_at_us",))
    connection.execute(statement, dict(zip(_NAMES, astuple(sample), strict=True)))


def samples(connection: Connection, since_us: int, until_us: int) -> list[Sample]:
    """Those of a stretch, both ends included, oldest first. A clock that ran ahead may have left some of the future."""
    taken = disk_samples.c.taken_at_us
    query = select(*_COLUMNS).where(taken.between(since_us, until_us)).order_by(taken)
    return [Sample(*row) for row in connection.execute(query)]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
