"""Where the configuration keeps history, opened for one command."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from console.candles.account import Choice
from console.candles.status import opened
from shared.candles import series_statuses
from shared.config import Settings
from shared.history import Place, copies_in
from shared.market import Series


@contextmanager
def place_of(settings: Settings) -> Iterator[Place]:
    """The table, the archive and the fast copies."""
    with opened(settings) as database:
        yield Place(database, settings.paths.archive, copies_in(settings.paths.cache))


def chosen(connection: Connection, choice: Choice) -> list[Series]:
    """The series that the database knows and the choice holds."""
    return sorted(status.series for status in series_statuses(connection) if status.series in choice)
