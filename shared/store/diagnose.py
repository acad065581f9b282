"""Whether a database is sound: what a script can find out by itself. The whole examination is `chandler doctor`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from shared import ledger
from shared.clock import boot_us
from shared.database import Database
from shared.database.upkeep import quick_check
from shared.ledger import Difference
from shared.upkeep import JobRow, keeper_jobs


@dataclass(frozen=True)
class Diagnosis:
    """What was found; sizes in bytes (0 of a database on a server), `seconds` is how long it took.

    `damage` is what SQLite finds wrong with the file, None if nothing or if it was not asked. `orphans` counts, by
    table, rows whose strategy, order or signal is not there. `differences` are figures in the books that do not follow
    from deposits and trades. `jobs` is what the keeper did last.
    """

    database: str
    sqlite: str
    database_bytes: int
    wal_bytes: int
    damage: str | None
    orphans: Mapping[str, int]
    differences: tuple[Difference, ...]
    jobs: tuple[JobRow, ...]
    seconds: float

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence each; none if all is well."""
        failed = [f"the keeper's {job.job} failed: {job.told}" for job in self.jobs if job.status == "failed"]
        orphans = [f"{table}: rows without what they belong to: {count}" for table, count in self.orphans.items()]
        damage = [f"{self.database} is damaged: {self.damage}"] if self.damage else []
        return (*damage, *orphans, *map(str, self.differences), *failed)

    @property
    def is_sound(self) -> bool:
        """Whether there are no problems."""
        return not self.problems


def diagnose(database: Database, url: str, *, thorough: bool) -> Diagnosis:
    """Look at everything in one view of the database; `thorough` reads every page of the file, too."""
    begin = boot_us()
    is_file = not database.has_server
    path = Path(make_url(url).database or "") if is_file and url else None
    with database.read() as connection:
        return Diagnosis(
            database=database.name,
            sqlite=_version(connection) if is_file else "",
            database_bytes=_size(path),
            wal_bytes=_size(path and path.with_name(f"{path.name}-wal")),
            damage=quick_check(connection.connection.driver_connection) if thorough and is_file else None,
            orphans=_orphans(connection) if is_file else {},
            differences=tuple(ledger.verify(connection)),
            jobs=tuple(keeper_jobs(connection)),
            seconds=(boot_us() - begin) / 1e6,
        )


def _version(connection: Connection) -> str:
    return str(connection.exec_driver_sql("SELECT sqlite_version()").scalar_one())


def _orphans(connection: Connection) -> dict[str, int]:
    counts: dict[str, int] = {}
    for table, *_ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        counts[table] = counts.get(table, 0) + 1
    return counts


def _size(path: Path | None) -> int:
    return path.stat().st_size if path is not None and path.exists() else 0
