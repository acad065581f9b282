"""Puts one trader replica together and runs it until SIGTERM or SIGINT."""

import argparse
import os
import socket
import sys
from collections.abc import Collection, Mapping

from structlog.typing import FilteringBoundLogger

from shared import ledger
from shared.clock import now_us
from shared.config import Settings, StrategySettings, load_settings
from shared.database import Database, lease_time, open_database, require_current, slow_of
from shared.errors import ChandlerError, ConfigError
from shared.flag import flag_file
from shared.logs import start_logging
from shared.run import running
from shared.stop import Stop, stop_on_signals
from trader.brokers import Brokers
from trader.fleet import Fleet, new_owner
from trader.replica import Replica


def main(arguments: list[str] | None = None) -> int:
    """`python -m trader`; 0 after a clean stop, 1 with a message if it can't run."""
    parser = argparse.ArgumentParser(
        prog="python -m trader",
        description="Run strategies: claim one by lease, decide on each closed candle, trade on paper.",
        epilog="Configured by the file CHANDLER_CONFIG names; STRATEGY_ID pins one strategy to this replica.",
    )
    parser.parse_args(arguments)
    stop = stop_on_signals()
    try:
        settings = load_settings(os.environ)
        log = start_logging("trader", settings.logs.level, as_json=settings.logs.as_json)
        wanted = wanted_strategies(settings, os.environ.get("STRATEGY_ID"))
        run(settings, wanted, log, stop)
    except ChandlerError as error:
        print(f"trader: {error}", file=sys.stderr)
        return 1
    return 0


def run(settings: Settings, wanted: Mapping[str, StrategySettings], log: FilteringBoundLogger, stop: Stop) -> None:
    """Open the database, make the strategies known, and work until `stop`."""
    asked = settings.database
    database = open_database(
        settings.database_url(),
        "full",
        asked.busy_timeout_ms,
        asked.readers,
        slow_of(asked),
        query_timeout_ms=asked.query_timeout_ms,
        cache_megabytes=asked.cache_megabytes,
    )
    try:
        require_current(database)
        if database.has_server:
            log.warning("strategies are kept out of each other's books by the code alone", database=database.name)
        register_all(database, wanted, log)
        warn_of_abandoned(database, {strategy.id for strategy in settings.strategies}, log)
        owner = new_owner(socket.gethostname())
        fleet = Fleet(database, wanted, owner, settings.trader.lease_seconds, log)
        log.info("trader started", owner=owner, strategies=sorted(wanted))
        replica = Replica(
            database,
            fleet,
            wanted,
            settings.trader,
            Brokers(database, settings.paper, settings.exchanges, settings.trader.lease_seconds),
            settings.paths.strategies,
            log,
            settings.exchanges,
            settings.risk,
            flag_file(settings.paths.data),
        )
        with running(settings.paths.data, "trader", database):
            replica.run(stop)
        log.info("trader stopped", owner=owner)
    finally:
        database.close()


def wanted_strategies(settings: Settings, pinned: str | None) -> dict[str, StrategySettings]:
    """The configured strategies, or the pinned one; ConfigError if there is none to run."""
    wanted = {strategy.id: strategy for strategy in settings.strategies}
    if pinned:
        if pinned not in wanted:
            raise ConfigError(f"STRATEGY_ID={pinned} is not configured; there are {', '.join(wanted) or 'none'}")
        return {pinned: wanted[pinned]}
    if not wanted:
        raise ConfigError("no strategy is configured: add a [[strategies]] section")
    return wanted


def register_all(database: Database, wanted: Mapping[str, StrategySettings], log: FilteringBoundLogger) -> None:
    """Make every configured strategy known to the fleet; each id once, whichever replica comes first."""
    with database.write() as connection:
        for strategy in wanted.values():
            if ledger.register(connection, strategy, now_us(), *lease_time(connection)):
                log.info("strategy registered", strategy_id=strategy.id, cash=str(strategy.cash))


def warn_of_abandoned(database: Database, configured: Collection[str], log: FilteringBoundLogger) -> None:
    """Say which strategies hold something and are in the configuration no more: nobody minds their stops."""
    with database.read() as connection:
        abandoned = ledger.not_flat(connection) - set(configured)
    for strategy_id in sorted(abandoned):
        hint = "nobody minds its stop or can flatten it: configure it again"
        log.warning("a strategy holds something and is not configured", strategy_id=strategy_id, hint=hint)
