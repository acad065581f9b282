"""Checks of what would be left if this disk were lost: backups, drills, and the archive's files."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError

from console import words
from console.doctor.finding import Finding, Subject, failure, ok, skipped, warning
from shared.archive.place import Month, month_file
from shared.backup.chain import holes, shelf
from shared.backup.check import file_problems
from shared.backup.manifest import Full
from shared.backup.place import full_path, gone_from, increments_in, us_of
from shared.candles import series_statuses
from shared.candles.months import archived_months
from shared.clock import now_us
from shared.errors import ChandlerError
from shared.models import change_clock, strategy_metadata
from shared.upkeep import JobRow, keeper_jobs

_HOUR_US = 3_600 * 1_000_000
_DAY_US = 24 * _HOUR_US
_NOW = "take one now: `chandler backup --full`"
_LISTED = 5


def backups(subject: Subject) -> Iterator[Finding]:
    """Age and checksums of the newest full, and how much has happened since without a copy."""
    root, now = subject.settings.paths.backups, now_us()
    found = shelf(root)
    gone = [f"{path} is gone: only its manifest is there" for path in gone_from(root)]
    for told in [*found.problems, *gone, *holes(found)]:
        yield failure(told, f"look at `chandler backup list`, and {_NOW}")
    fulls = [each.manifest for each in found.fulls]
    if not fulls:
        is_new = _begun_us(subject) > now - _DAY_US
        yield (warning if is_new else failure)(f"there is no backup in {root}", f"have a keeper run, or {_NOW}")
        return
    own = _own(subject, fulls)
    if not own:
        told = (
            f"the {words.several(len(fulls), 'full backup')} in {root} are of another database, or of before a restore"
        )
        yield failure(told, f"{_NOW}; the old ones stay of use")
        return
    newest = own[-1]
    wrong = [] if subject.quick else file_problems(root, newest, full_path(root, newest.taken_at_us))
    for told in wrong:
        yield failure(told, f"the disk under {root} may fail; {_NOW}")
    increments = [us_of(path) for path in increments_in(root)]
    age, covered = now - newest.taken_at_us, now - max([newest.taken_at_us, *increments])
    told = f"newest full: {_age(age)}; newest copy of any kind: {_age(covered)}"
    if age > 2 * _DAY_US:
        yield warning(told, f"look why the keeper takes none; {_NOW}")
    elif not wrong:
        checked = "its checksums were not looked at: --quick" if subject.quick else "its checksums are right"
        yield ok(f"{told}; {checked}")


def drill(subject: Subject) -> Iterator[Finding]:
    """When a backup was last restored for a trial."""
    with subject.read() as connection:
        found: JobRow | None = next((job for job in keeper_jobs(connection) if job.job == "drill"), None)
    if found is None or found.succeeded_at_us is None:
        yield warning("no backup was ever restored for a trial", "leave a keeper running: it does so by itself")
    elif found.status == "failed":
        told = f"the last restore for a trial failed: {found.told}"
        yield failure(told, f"trust no backup until one succeeds; {_NOW}")
    elif (age := now_us() - found.succeeded_at_us) > 9 * _DAY_US:
        yield warning(f"the last restore for a trial was {_age(age)}", "look at the keeper's log")
    else:
        yield ok(f"the last restore for a trial went well: {_age(age)}")


def archive(subject: Subject) -> Iterator[Finding]:
    """Whether the months that left the table are there as files; `chandler archive verify` reads every byte."""
    root = subject.settings.paths.archive
    if subject.file is None:
        yield skipped("months are sealed beside an SQLite file only")
        return
    sealed, lost = 0, []
    with subject.read() as connection:
        for status in series_statuses(connection):
            for month in archived_months(connection, status.series):
                path = month_file(root, status.series, Month.of(month.start))
                sealed += month.is_sealed
                if month.is_pruned and not path.exists():
                    lost.append(f"{path} is gone, and its candles are in no table")
    if lost:
        yield failure("; ".join(lost[:_LISTED]), "put it back from a backup: `chandler archive verify` tells which")
    else:
        yield ok(f"{words.several(sealed, 'month')} sealed, and what left the table is there")


def _own(subject: Subject, fulls: Sequence[Full]) -> list[Full]:
    """Those of this database's timeline; all of them where it can't be read."""
    with suppress(ChandlerError, OSError, DatabaseError), subject.read() as connection:
        timeline = connection.execute(select(change_clock.c.timeline)).scalar()
        return [full for full in fulls if full.timeline == timeline]
    return list(fulls)


def _begun_us(subject: Subject) -> int:
    """Since when there are books; long ago if that can't be read."""
    with suppress(ChandlerError, OSError, DatabaseError), subject.read() as connection:
        return connection.execute(select(func.min(strategy_metadata.c.created_at_us))).scalar() or now_us()
    return 0


def _age(us: int) -> str:
    return f"{words.duration(us // 1_000)} ago"
