"""How long a connection waits, how long it may read, and how much of the database it keeps in memory."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Of each connection of a process; docs/decisions/0029-store-speed.md says how the defaults were chosen.

    A writer waits `busy_timeout_ms` for the write lock. A reader's statement ends after `query_timeout_ms`; 0: it may
    take as long as it likes. SQLite's cache of pages takes up to `cache_megabytes`.
    """

    busy_timeout_ms: int = 10_000
    query_timeout_ms: int = 0
    cache_megabytes: int = 8
