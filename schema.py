"""Create or upgrade the database: `python schema.py`. Safe to run at every start; it says what it did."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from shared.config import load_settings
from shared.database import open_database
from shared.database.schema import upgrade
from shared.errors import ChandlerError, RetryError

_BUSY_MS = 5_000
_PAUSE_SECONDS = 3


def main(patience_seconds: float = 60) -> int:
    """Upgrade the configured database, as soon as others let go of it; 0 if it is now current."""
    try:
        settings = load_settings(os.environ)
        for directory in (settings.paths.data, settings.paths.backups):
            directory.mkdir(parents=True, exist_ok=True)
        url, busy_ms = settings.database_url(), min(settings.database.busy_timeout_ms, _BUSY_MS)
        print(insist(lambda: migrate(url, settings.paths.database, busy_ms), patience_seconds))
    except (ChandlerError, OSError) as error:
        print(f"schema: {error}", file=sys.stderr)
        return 1
    return 0


def insist(attempt: Callable[[], str], patience_seconds: float) -> str:
    """Try again every few seconds, with a line each time; RetryError once the patience has run out."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            return attempt()
        except RetryError as error:
            left = deadline - time.monotonic()
            if left <= 0:
                raise
            print(f"schema: {error}", file=sys.stderr, flush=True)
            time.sleep(min(_PAUSE_SECONDS, left))


def migrate(url: str, path: Path, busy_timeout_ms: int = 10_000) -> str:
    """Upgrade and describe it in a sentence."""
    database = open_database(url, busy_timeout_ms=busy_timeout_ms)
    try:
        before, after = upgrade(database)
    finally:
        database.close()
    where = database.name if database.has_server else path
    if before == after:
        return f"schema: {where} is current ({after})"
    return f"schema: {where} " + (f"created at {after}" if before is None else f"upgraded from {before} to {after}")


if __name__ == "__main__":
    sys.exit(main())
