"""Whether anything was committed to the database since one last looked, by whichever process: a few microseconds.

SQLite's `PRAGMA data_version` is a number that a connection sees change when another one has committed. It is compared
only with itself, so each connection of the pool is remembered with the number it had.
"""

from contextlib import closing
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from shared.database import dialect
from shared.database.connect import Database


class News(NamedTuple):
    """The number that a connection of the driver's had when it was asked."""

    connection: Any
    version: int | None


class Glance:
    """For one thread at a time: ask for `news`, look up what is wanted, then say that it is `taken_in`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._versions: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    def news(self) -> News | None:
        """None while nothing was committed since the last `taken_in`; a server does not tell, and has always news."""
        with closing(self._database.reader.raw_connection()) as connection:
            driver = connection.driver_connection
            version = dialect.data_version(self._database.reader.dialect.name, driver)
        if version is not None and self._versions.get(driver) == version:
            self._database.watch.cache_hits += 1
            return None
        self._database.watch.cache_misses += 1
        return News(driver, version)

    def taken_in(self, news: News) -> None:
        """What was looked up after `news` was asked for is known now: if it failed, don't say so."""
        if news.version is not None:
            self._versions[news.connection] = news.version
