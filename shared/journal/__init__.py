"""The spill journal: where candles and tickers wait, on disk, while the database can't be written."""

from shared.journal.drain import Drained, Portion, drain, portions
from shared.journal.file import Journal, JournalBusyError, JournalStatus, look
from shared.journal.records import Entry

__all__ = [
    "Drained",
    "Entry",
    "Journal",
    "JournalBusyError",
    "JournalStatus",
    "Portion",
    "drain",
    "look",
    "portions",
]
