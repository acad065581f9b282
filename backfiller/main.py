"""The backfiller's command line: put the parts together, run, and turn errors into a message and an exit code."""

import argparse
import asyncio
import gc
import logging
import os
import sys
from collections.abc import Sequence

from shared.config import Settings, load_settings
from shared.database import Database, open_database, require_current, slow_of
from shared.errors import ChandlerError, ConfigError
from shared.logs import start_logging
from shared.run import running


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT, or with `--once` until all is fetched; 0 if all went well."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings(os.environ)
        if not settings.all_series():
            raise ConfigError("nothing to collect: add a [[series]] or a [[strategies]] section to the configuration")
        start_logging("backfiller", settings.logs.level, as_json=settings.logs.as_json)
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # what goes wrong in a job is said by its Guard
        slow, cache = slow_of(settings.database), settings.database.cache_megabytes
        database = open_database(settings.database_url(), "normal", 0, readers=1, slow=slow, cache_megabytes=cache)
        try:
            require_current(database)
            with running(settings.paths.data, "backfiller", database):
                return _run(settings, database, once=options.once)
        finally:
            database.close()
    except ChandlerError as error:
        print(f"backfiller: {error}", file=sys.stderr)
        return 1


def _run(settings: Settings, database: Database, *, once: bool) -> int:
    """Loads ccxt, so only after configuration and database were found to be in order."""
    from backfiller.service import run  # noqa: PLC0415

    # A page is thousands of small objects without cycles: looking for some among them took a fifth of the time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    return asyncio.run(run(settings, database, once=once))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m backfiller",
        description="Fetch candles and tickers of the configured series into the database and keep them up to date.",
        epilog="CHANDLER_CONFIG names the configuration file; `python schema.py` makes the database.",
    )
    parser.add_argument(
        "--once", action="store_true", help="fetch everything up to now, then exit; non-zero if anything is missing"
    )
    return parser
