"""The checks in their order, each on its own: what one of them meets never keeps the others from looking."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy.exc import DatabaseError

from console.check import missing_keys, strategy_mistakes
from console.doctor import copies, host, market, services, stored
from console.doctor.finding import Check, Finding, Subject, failure, ok, skipped
from console.doctor.keys import keys
from shared.database.connect import explain
from shared.errors import ChandlerError


class Line(NamedTuple):
    """A finding, and of which check it is."""

    check: str
    finding: Finding


def configuration(subject: Subject) -> Iterator[Finding]:
    """Whether every strategy can be loaded, and has the keys that it needs."""
    settings = subject.settings
    mistakes = [*strategy_mistakes(settings.strategies, settings.paths.strategies), *missing_keys(settings)]
    for mistake in mistakes:
        yield failure(mistake, "correct the configuration: `chandler config check`")
    if not mistakes:
        yield ok(
            f"exchanges: {', '.join(settings.exchanges)}; {len(settings.all_series())} series;"
            f" {len(settings.strategies)} strategies"
        )


CHECKS = (
    Check("configuration", configuration),
    Check("SQLite", host.library, "library"),
    Check("file system", host.places),
    Check("permissions", host.permissions),
    Check("disk", host.disk),
    Check("schema", stored.schema),
    Check("integrity", stored.integrity, "file"),
    Check("clock", host.clocks, "schema"),
    Check("orphan rows", stored.orphans, "schema"),
    Check("books", stored.books, "schema"),
    Check("coverage", market.coverage, "schema"),
    Check("archive", copies.archive, "schema"),
    Check("backups", copies.backups, "library"),
    Check("drill", copies.drill, "keeper"),
    Check("keeper", services.keeper, "keeper"),
    Check("leases", services.leases, "schema"),
    Check("journal", services.journal),
    Check("WAL", services.wal, "file"),
    Check("processes", services.processes),
    Check("keys", keys),
)


def examine(subject: Subject, checks: Sequence[Check] = CHECKS) -> Iterator[Line]:
    """What every check finds, as soon as it has."""
    is_there = subject.file is None or subject.file.is_file()
    has_schema = True
    for check in checks:
        why = _lacks(check, subject, is_there=is_there, has_schema=has_schema)
        for finding in [skipped(why)] if why else list(_looked(check, subject)):
            has_schema &= check.name != "schema" or finding.verdict != "failure"
            yield Line(check.name, finding)


def _lacks(check: Check, subject: Subject, *, is_there: bool, has_schema: bool) -> str | None:
    """Why a check can't be done; None if it can."""
    if check.needs in {"library", "file", "keeper"} and subject.file is None:
        return "the server's own tools look after that"
    if check.needs in {"file", "schema", "keeper"} and not is_there:
        return "there is no database"
    if check.needs in {"schema", "keeper"} and not has_schema:
        return "what the schema's line says comes first"
    return None


def _looked(check: Check, subject: Subject) -> Iterator[Finding]:
    try:
        yield from check.look(subject)
    except (ChandlerError, OSError) as error:
        yield failure(*_parted(str(error)))
    except Exception as error:  # noqa: BLE001 - a check's edge: what is broken breaks checks, and the others go on
        meaning = explain(error, str(subject.file or "the database")) if isinstance(error, DatabaseError) else None
        told = f"could not be looked at: {type(error).__name__}: {error}"
        yield failure(*_parted(str(meaning))) if meaning else failure(told, "what the other lines say comes first")


def _parted(sentence: str) -> tuple[str, str]:
    """What is so, and what to do, as every message says it."""
    told, _, todo = sentence.rpartition(": ")
    return (told, todo) if told else (sentence, "see docs/diagnostics.md")
