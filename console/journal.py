"""`chandler journal`: what waits in the spill journal, and putting it into the database by hand."""

import json
from collections.abc import Callable
from contextlib import closing

from shared.clock import now_us
from shared.config import Settings
from shared.database import open_database, require_current
from shared.errors import RetryError
from shared.journal import Journal, JournalBusyError, JournalStatus, drain, look

_MEGABYTE = 1_000_000


def show_journal(settings: Settings, *, as_json: bool) -> int:
    """Print what waits in the journal; 0 if nothing does or a backfiller sees to it, 1 if something waits for good."""
    status = look(settings.paths.journal)
    if as_json:
        print(json.dumps(status._asdict() if status else None))
    else:
        print(described(status, str(settings.paths.journal)))
    return 0 if status is None or status.busy or not status.entries else 1


def load_journal(settings: Settings, say: Callable[[str], None] = print) -> int:
    """Put what waits into the database, then empty the journal; 0 if nothing waits any more.

    JournalBusyError, a message that says who does it, while a backfiller runs and something waits.
    """
    status = look(settings.paths.journal)
    if status is None or not (status.entries or status.damaged):
        say("the journal is empty")
        return 0
    try:
        journal = Journal(settings.paths.journal, settings.backfill.journal_megabytes)
    except JournalBusyError as error:
        raise RetryError(f"{status.entries} entries wait, and {error}") from None
    with (
        closing(journal),
        closing(open_database(settings.database_url(), "normal", settings.database.busy_timeout_ms)) as database,
    ):
        require_current(database)
        drained = drain(journal, database, now_us())
    old = drained.candles - drained.inserted
    say(f"{drained.inserted} candles and {drained.tickers} tickers went in; {old} candles were there already")
    if drained.damaged or journal.torn:
        lost = drained.damaged + journal.torn
        say(f"{lost} bytes were damaged or torn off; the backfiller will ask the exchange for what was in them")
    return 0


def described(status: JournalStatus | None, directory: str) -> str:
    """A journal's state in a line."""
    if status is None:
        return f"there is no journal in {directory} yet; the backfiller makes it when it starts"
    size = f"{status.used / _MEGABYTE:.1f} of {status.reserved / _MEGABYTE:.0f} MB"
    damage = f", {status.damaged} bytes damaged" if status.damaged else ""
    who = "a running backfiller has it" if status.busy else "no process has it"
    if status.entries:
        who += (
            " and empties it when the database can be written"
            if status.busy
            else "; `chandler journal load` puts them into the database"
        )
    return f"{status.entries} entries wait ({size}{damage}); {who}"
