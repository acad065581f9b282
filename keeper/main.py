"""Puts the keeper together: `run` until SIGTERM, or one `backup`, `audit` or `archive` now."""

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial

from keeper.keeper import Keeper
from shared.config import load_settings
from shared.errors import ChandlerError
from shared.logs import start_logging


def main(arguments: list[str] | None = None) -> int:
    """`python -m keeper`; 0 if all went well, 1 with a message if not."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings(os.environ)
        log = start_logging("keeper", settings.logs.level, as_json=settings.logs.as_json)
        keeper = Keeper(settings, log)
        try:
            commands: dict[str, Callable[[], object]] = {
                "run": keeper.run,
                "backup": partial(keeper.print_backup, full=options.full),
                "audit": keeper.audit,
                "archive": keeper.archive,
            }
            commands[options.command]()
        finally:
            keeper.close()
    except (ChandlerError, OSError) as error:
        print(f"keeper: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m keeper", description="Looks after what is stored: backups, checkpoints, audits, the archive."
    )
    parser.add_argument(
        "command",
        nargs="?",
        choices=("run", "backup", "audit", "archive"),
        default="run",
        help="run until stopped (the default); backup: take one now and print its path; audit: check the books now;"
        " archive: seal the months that are complete now",
    )
    parser.add_argument(
        "--full", action="store_true", help="with backup: all of it, not what has changed since the last"
    )
    return parser
