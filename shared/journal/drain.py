"""From the journal into the database, in bulk."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection

from shared.candles import save_tickers, store_closed
from shared.journal.file import Journal
from shared.journal.records import Entry
from shared.market import Closed, Ticker, joined

_PAGES, _TICKERS = 8, 500

Item = TypeVar("Item")


class Writable(Protocol):
    """A database, as far as this needs one."""

    def write(self) -> AbstractContextManager[Connection]:
        """One whole transaction."""
        ...


class Portion(NamedTuple):
    """What goes into the database in one transaction: a few milliseconds' worth, for others wait meanwhile."""

    pages: Sequence[Closed]
    tickers: Sequence[Ticker]


def portions(entries: Sequence[Entry]) -> list[Portion]:
    """Entries as they waited, joined to pages and cut into transactions."""
    pages = joined([entry for entry in entries if isinstance(entry, Closed)])
    tickers = [entry for entry in entries if isinstance(entry, Ticker)]
    return [Portion(some, []) for some in _batches(pages, _PAGES)] + [
        Portion([], some) for some in _batches(tickers, _TICKERS)
    ]


class Drained(NamedTuple):
    """How many candles and tickers waited, how many of the candles were new, and how many bytes were damaged."""

    candles: int
    inserted: int
    tickers: int
    damaged: int


def drain(journal: Journal, database: Writable, now_us: int) -> Drained:
    """Put everything that waits into the database, then empty the journal.

    Killed in between, it is done again and changes nothing. RetryError if the database can't be written: the journal is
    as it was, and what went in stays in.
    """
    held = journal.read()
    todo, inserted = portions(held.entries), 0
    for portion in todo:
        with database.write() as connection:
            inserted += store_closed(connection, portion.pages, now_us)
            save_tickers(connection, portion.tickers)
    journal.empty()
    candles = sum(len(page.candles) for portion in todo for page in portion.pages)
    return Drained(candles, inserted, sum(len(portion.tickers) for portion in todo), held.damaged)


def _batches(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
