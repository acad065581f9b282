"""Create or upgrade the database: `python schema.py`. Safe to run at every start; it says what it did."""

import os
import sys
from pathlib import Path

from shared.config import load_settings
from shared.database import open_database
from shared.database.schema import upgrade
from shared.errors import ChandlerError


def main() -> int:
    """Upgrade the configured database; 0 if it is now current."""
    try:
        settings = load_settings(os.environ)
        for directory in (settings.paths.data, settings.paths.backups):
            directory.mkdir(parents=True, exist_ok=True)
        print(migrate(settings.database_url(), settings.paths.database, settings.database.busy_timeout_ms))
    except (ChandlerError, OSError) as error:
        print(f"schema: {error}", file=sys.stderr)
        return 1
    return 0


def migrate(url: str, path: Path, busy_timeout_ms: int = 10_000) -> str:
    """Upgrade and describe it in a sentence."""
    database = open_database(url, busy_timeout_ms=busy_timeout_ms)
    try:
        before, after = upgrade(database)
    finally:
        database.close()
    if before == after:
        return f"schema: {path} is current ({after})"
    return f"schema: {path} " + (f"created at {after}" if before is None else f"upgraded from {before} to {after}")


if __name__ == "__main__":
    sys.exit(main())
