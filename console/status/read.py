"""How what is stored is looked after, read in one view of the database and from the files beside it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, func, select

from shared.backup.place import fulls_in, increments_in, us_of
from shared.clock import boot_id, boot_us
from shared.config import Settings
from shared.database import Database, lease_time
from shared.database.upkeep import database_file
from shared.ledger import leases_of
from shared.models import archive_months, strategy_metadata, tier_files
from shared.run import Run, runs
from shared.upkeep import Forecast, JobRow, Sample, forecast, holder, keeper_jobs, keeper_lock, measure, samples
from shared.upkeep.forecast import WINDOW_US

#: A sample is an hour old at most while a keeper works.
_RECENT_US = 2 * 3_600 * 1_000_000


@dataclass(frozen=True)
class Held:
    """A strategy's lease: `owner` is None while nobody holds it; `seconds_left` until it has to be renewed."""

    strategy_id: str
    owner: str | None
    token: int
    seconds_left: float | None


@dataclass(frozen=True)
class Tier:
    """What a table has in files of one tier."""

    table: str
    tier: str
    files: int
    rows: int
    bytes: int


@dataclass(frozen=True)
class Upkeep:
    """Bytes, jobs and processes. `storage` and `ahead` are None where a server keeps the database.

    `keeper` is who looks after it, in that process's words; None if nobody does. Of `storage` the archive and the
    backups are as large as the keeper saw them at its last sample. Times in microseconds UTC.
    """

    at_us: int
    storage: Sample | None
    ahead: Forecast | None
    keeper: str | None
    jobs: tuple[JobRow, ...]
    full_us: int | None
    increment_us: int | None
    sealed_months: int
    pruned_months: int
    tiers: tuple[Tier, ...]
    leases: tuple[Held, ...]
    runs: tuple[Run, ...]

    def job(self, name: str) -> JobRow | None:
        """What that job did last; None if it never ran."""
        return next((row for row in self.jobs if row.job == name), None)


def read_upkeep(settings: Settings, database: Database, connection: Connection, now_us: int) -> Upkeep:
    """Everything now; `connection` is a view of `database`."""
    storage, ahead, keeper = None, None, None
    if not database.has_server:
        file = database_file(settings.database_url())
        taken = samples(connection, now_us - WINDOW_US, now_us)
        storage, keeper = _storage(settings, file, taken[-1] if taken else None, now_us), holder(keeper_lock(file))
        ahead = forecast(taken, storage.free_bytes)
    jobs = tuple(keeper_jobs(connection))
    backups = settings.paths.backups
    sealed, pruned = connection.execute(_MONTHS).one()
    return Upkeep(
        at_us=now_us,
        storage=storage,
        ahead=ahead,
        keeper=keeper,
        jobs=jobs,
        full_us=_newest(fulls_in, backups, jobs, "backup", now_us),
        increment_us=_newest(increments_in, backups, jobs, "increment", now_us),
        sealed_months=sealed,
        pruned_months=pruned,
        tiers=tuple(
            Tier(table, tier, files, int(rows), int(size))
            for table, tier, files, rows, size in connection.execute(_TIERS)
        ),
        leases=tuple(_leases(connection)),
        runs=tuple(runs(settings.paths.data, boot_us(), boot_id())),
    )


_MONTHS = select(
    func.count(archive_months.c.sealed_version),
    func.count().filter(archive_months.c.pruned_rows > 0),
)
_FILES = tier_files.c
_TIERS = (
    select(_FILES.table_name, _FILES.tier, func.count(), func.sum(_FILES.rows), func.sum(_FILES.bytes))
    .group_by(_FILES.table_name, _FILES.tier)
    .order_by(_FILES.table_name, func.max(_FILES.last_us).desc())
)


def _storage(settings: Settings, file: Path, newest: Sample | None, now_us: int) -> Sample:
    """The database and its disk as they are; archive and backups as the keeper saw them, who may see more than we."""
    root = settings.paths.backups
    backed_up_us = max(map(us_of, [*fulls_in(root), *increments_in(root)]), default=0)
    if newest is None or now_us - newest.taken_at_us > _RECENT_US or backed_up_us > newest.taken_at_us:
        return measure(file, settings.paths.archive, root, now_us)
    here = measure(file, file.parent / "-", file.parent / "-", now_us)
    return replace(here, archive_bytes=newest.archive_bytes, backup_bytes=newest.backup_bytes)


def _newest(
    find: Callable[[Path], Iterable[Path]], root: Path, jobs: Iterable[JobRow], job: str, now_us: int
) -> int | None:
    """When the newest backup of a kind was taken: by its name, or where the directory is not here, by the keeper."""
    named = [us_of(path) for path in find(root)]
    noted = [row.succeeded_at_us for row in jobs if row.job == job and row.succeeded_at_us]
    return max((at for at in named or noted if at <= now_us), default=None)


def _leases(connection: Connection) -> Iterable[Held]:
    now = lease_time(connection)
    names = connection.execute(select(strategy_metadata.c.strategy_id).order_by("strategy_id")).scalars().all()
    for lease in sorted(leases_of(connection, names), key=lambda lease: lease.strategy_id):
        held = lease.is_held(*now)
        left = (lease.expires_us - now.now_us) / 1e6 if held else None
        yield Held(lease.strategy_id, lease.owner if held else None, lease.token, left)
