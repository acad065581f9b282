"""Checks of the database itself: is it whole, is it of this code, does it hold what its own rules ask for?"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from console import words
from console.doctor.finding import Finding, Subject, failure, ok, skipped, warning
from console.doctor.opening import is_in_wal_mode
from shared import ledger
from shared.database import triggers
from shared.database.version import SCHEMA_VERSION, complaint
from shared.models import metadata

#: Up to so many bytes SQLite looks at indexes, too: some seconds.
_SMALL = 256_000_000
_LISTED = 5
_RESTORE = "stop all services and restore a backup: `chandler restore --list`"
_MIGRATE = "run `python schema.py`"
_COLUMNS = text("SELECT name FROM pragma_table_info(:name)")
#: Rows that nothing in the schema ties together: what they are, and how many there are.
_ORPHANS = {
    "covered intervals of a series without a status": """
        SELECT count(*) FROM series_coverage AS part WHERE NOT EXISTS (
            SELECT 1 FROM series_status AS own WHERE own.exchange = part.exchange AND own.symbol = part.symbol
            AND own.timeframe = part.timeframe)""",
    "archived months of a series without a status": """
        SELECT count(*) FROM archive_months AS part WHERE NOT EXISTS (
            SELECT 1 FROM series_status AS own WHERE own.exchange = part.exchange AND own.symbol = part.symbol
            AND own.timeframe = part.timeframe)""",
    "states of no strategy": """
        SELECT count(*) FROM trading_states WHERE scope <> '*' AND scope NOT IN (
            SELECT strategy_id FROM strategy_metadata)""",
    "signals of an order that was never placed": """
        SELECT count(*) FROM signals AS own WHERE outcome = 'ordered' AND NOT EXISTS (
            SELECT 1 FROM orders AS its WHERE its.strategy_id = own.strategy_id AND its.candle = own.candle)""",
}


def integrity(subject: Subject) -> Iterator[Finding]:
    """SQLite's own check. It misses most single bits that flip: backups are held against digests of the rows."""
    assert subject.file  # noqa: S101
    size = subject.file.stat().st_size
    if subject.quick:
        yield skipped("not looked at: --quick")
        return
    whole = size <= _SMALL
    with subject.read() as connection:
        check = f"PRAGMA {'integrity_check' if whole else 'quick_check'}({_LISTED})"
        found = connection.exec_driver_sql(check).scalars().all()
    if found != ["ok"]:
        yield failure(f"the database is damaged: {'; '.join(map(str, found))}", _RESTORE)
    else:
        yield ok(f"{size / 1e6:,.1f} MB are whole" + ("" if whole else " (indexes were not looked at: it is large)"))


def schema(subject: Subject) -> Iterator[Finding]:
    """Version, tables, triggers of the change log, and WAL mode."""
    if subject.file and not subject.file.is_file():
        yield failure(f"there is no database {subject.file}", f"check CHANDLER_PATHS__DATA, or {_MIGRATE}")
        return
    with subject.read() as connection:
        tables = _tables(connection) if subject.file else {}
        known = not subject.file or "alembic_version" in tables
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if known else None
        if version != SCHEMA_VERSION:
            name = str(subject.file or "the database")
            yield failure(*_split(complaint(name, version)))
            return
        if not subject.file:
            yield ok(f"schema {version}")
            return
        driver: Any = connection.connection.driver_connection
        differences, unlogged = [*_missing(tables), *_triggers(driver)], triggers.unlogged(driver)
    if differences:
        yield failure(f"schema {version}, but {'; '.join(differences[:_LISTED])}", _MIGRATE)
    else:
        yield ok(f"schema {version}, {len(tables)} tables, the change log's triggers are in place")
    if unlogged and not differences:
        told = f"the change log does not know {', '.join(unlogged[:_LISTED])}: a restore has them as of the full backup"
        yield warning(told, f"make them STRICT, with a primary key and no BLOBs, then {_MIGRATE}")
    if not is_in_wal_mode(subject.file):
        told = "it is not in WAL mode, as a restored backup is: readers and writers lock each other out"
        yield failure(told, _MIGRATE)


def orphans(subject: Subject) -> Iterator[Finding]:
    """Rows whose other half is not there."""
    with subject.read() as connection:
        found = {what: connection.execute(text(query)).scalar_one() for what, query in _ORPHANS.items()}
        if subject.file:
            for table, _, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
                what = f"rows of {table} without their row in {parent}"
                found[what] = found.get(what, 0) + 1
    told = [f"{count:,} {what}" for what, count in found.items() if count]
    if told:
        todo = "a program went past Chandler: `chandler changes` shows when, `chandler restore --list` the way back"
        yield failure("; ".join(told), todo)
    else:
        yield ok("no row lacks its other half")


def books(subject: Subject) -> Iterator[Finding]:
    """Positions, balances and orders, derived again from deposits and trades."""
    if subject.quick:
        yield skipped("not derived: --quick")
        return
    with subject.read() as connection:
        strategies, trades = ledger.extent(connection)
        found = ledger.verify(connection)
        idle = sorted(ledger.not_flat(connection) - {each.id for each in subject.settings.strategies})
    for strategy_id in idle[:_LISTED]:
        yield warning(
            f"{strategy_id} holds something, or has an order open, and is not configured: nobody minds its stop",
            "configure it again, or flatten it before it goes",
        )
    if found:
        rest = f"; and {len(found) - _LISTED:,} more" if len(found) > _LISTED else ""
        yield failure(
            "; ".join(map(str, found[:_LISTED])) + rest,
            "halt these strategies; `chandler ledger verify` lists all, `chandler changes` what was changed when",
        )
    else:
        yield ok(
            f"{words.several(strategies, 'strategy', 'strategies')} and {words.several(trades, 'trade')} add up to the"
            " last digit"
        )


def _tables(connection: Connection) -> dict[str, set[str]]:
    names = connection.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'table'").scalars().all()
    return {
        name: {row[0] for row in connection.execute(_COLUMNS, {"name": name})}
        for name in names
        if not name.startswith("sqlite_")
    }


def _missing(tables: dict[str, set[str]]) -> Iterator[str]:
    for table in metadata.sorted_tables:
        if table.name not in tables:
            yield f"there is no table {table.name}"
        elif lacking := set(table.columns.keys()) - tables[table.name]:
            yield f"{table.name} has no {', '.join(sorted(lacking))}"


def _triggers(driver: Any) -> Iterator[str]:
    """What differs from the triggers that the tables ask for: then changes are missing in the log, and in backups."""
    expected, installed = triggers.expected(driver), triggers.installed(driver)
    if lacking := sorted(expected.keys() - installed.keys()):
        yield f"the change log lacks {words.several(len(lacking), 'trigger')} ({', '.join(lacking[:_LISTED])})"
    if odd := sorted(name for name, sql in installed.items() if expected.get(name) != sql):
        yield f"{words.several(len(odd), 'trigger')} of the change log differ from ours ({', '.join(odd[:_LISTED])})"


def _split(sentence: str) -> tuple[str, str]:
    """What is so, and what to do."""
    told, _, todo = sentence.rpartition(": ")
    return told, todo
