"""Checks of what runs: the keeper and its jobs, traders and their leases, the journal, the WAL."""

from collections.abc import Iterator

from console import words
from console.doctor.finding import Finding, Subject, failure, ok, warning
from shared import ledger
from shared.clock import boot_id, boot_us
from shared.database import lease_time
from shared.journal import look
from shared.run import Run, runs
from shared.trading import State, effective
from shared.upkeep import holder, keeper_jobs, keeper_lock

_START = "start it: `docker-compose up -d keeper`, or `python -m keeper`"
_WAIT_US = 1_000_000


def keeper(subject: Subject) -> Iterator[Finding]:
    """Whether one works, and how its jobs ended."""
    assert subject.file  # noqa: S101
    who = holder(keeper_lock(subject.file))
    with subject.read() as connection:
        jobs = keeper_jobs(connection)
    failed = [job for job in jobs if job.status == "failed"]
    for job in failed:
        when = words.moment((job.ended_at_us or job.began_at_us) // 1_000)
        yield failure(f"its job {job.job} failed at {when}: {job.told}", "see its log; it tries again by itself")
    if who is None:
        yield warning("no keeper works: nothing is backed up, checked or tidied", _START)
    elif not failed:
        yield ok(f"works: {who}; {words.several(len(jobs), 'job')} went well last")


def leases(subject: Subject) -> Iterator[Finding]:
    """Whether somebody runs each strategy that is to run."""
    wanted = [each.id for each in subject.settings.strategies]
    if not wanted:
        yield ok("no strategy is configured")
        return
    with subject.read() as connection:
        held = {lease.strategy_id: lease for lease in ledger.leases_of(connection, wanted)}
        now = lease_time(connection)
        stopped = [name for name in wanted if effective(ledger.states_for(connection, name)).state is State.HALTED]
    alone = [name for name in wanted if name not in held or not held[name].is_held(*now)]
    if stopped:
        told = f"{', '.join(stopped)}: halted, exits alone go on"
        yield warning(told, "`chandler status` says why; `chandler resume` when that is mended")
    if alone:
        todo = "start one: `docker-compose up -d trader`, or `python -m trader`"
        yield warning(f"no trader runs {', '.join(alone)}: nobody minds what they hold", todo)
    else:
        owners = len({lease.owner for lease in held.values()})
        yield ok(f"{words.several(len(wanted), 'strategy', 'strategies')} run by {words.several(owners, 'trader')}")


def journal(subject: Subject) -> Iterator[Finding]:
    """Whether candles wait on disk that nobody puts into the database."""
    found = look(subject.settings.paths.journal)
    if found and found.damaged:
        todo = "leave it to the backfiller, which asks the exchange again for what was in them"
        yield warning(f"{found.damaged:,} bytes of it are damaged", todo)
    if found and found.entries and not found.busy:
        told = f"{words.several(found.entries, 'entry', 'entries')} waiting, and no backfiller runs that puts them in"
        yield warning(told, "start the backfiller, or run `chandler journal load`")
    elif found and found.entries:
        yield ok(f"{words.several(found.entries, 'entry', 'entries')} waiting; the backfiller sees to it")
    else:
        yield ok("nothing waits")


def wal(subject: Subject) -> Iterator[Finding]:
    """Its length: a reader that never ends keeps it from being moved into the database."""
    path = subject.beside("-wal")
    size, cap = path.stat().st_size if path.exists() else 0, subject.settings.keeper.wal_megabytes
    if size > cap * 1_000_000:
        todo = "end the program that has had the database open for long; a running keeper says which"
        yield warning(f"{size / 1e6:,.0f} MB long (keeper.wal_megabytes: {cap})", todo)
    else:
        yield ok(f"{size / 1e6:,.1f} MB long" if size else "empty: nobody has the database open, or all is moved")


def processes(subject: Subject) -> Iterator[Finding]:
    """What each process says of its own connections and statements."""
    found = runs(subject.settings.paths.data, boot_us(), boot_id())
    for run in found:
        yield from _slow(run)
    named = [run["service"] for run in found]
    told = ", ".join(words.several(named.count(name), name) for name in dict.fromkeys(named))
    asked = words.several(sum(run["database"]["statements"] for run in found), "statement")
    yield ok(f"{told}: {asked}" if found else "none runs on this host")


def _slow(run: Run) -> Iterator[Finding]:
    figures, name = run["database"], f"{run['service']} {run['pid']}@{run['host']}"
    if (wait := figures["lock_wait_p99_us"] or 0) > _WAIT_US:
        told = f"{name} waits {words.duration(wait // 1_000)} for the write lock (p99)"
        yield warning(told, "see its log for the slow transactions of the others")
    elif figures["slow_statements"] and figures["slowest"]:
        worst = figures["slowest"][0]
        several = words.several(figures["slow_statements"], "slow statement")
        told = f"{name} ran {several}; the worst took {worst['worst_ms']:,.0f} ms: {worst['statement']}"
        yield warning(told, "see its log for whoever asks so much, or for a disk that is busy")
