"""A trader's commits, timed: what `trader.cycle` writes for a candle, over and over, in a process of its own.

`python -m benchmarks.committer DATABASE SECONDS [PAUSE_MS]` prints the milliseconds of each transaction as JSON.
"""

import json
import sys
import time
from decimal import Decimal

from sqlalchemy import Connection, insert

from shared import ledger
from shared.clock import now_us
from shared.database import open_database
from shared.database.connect import Database
from shared.models import strategy_metadata
from shared.trading import Side, Signal

NAME = "committer"


def run(database: Database, seconds: float, pause: float) -> list[float]:
    """From the wish to write to the commit: the wait for the lock, the cursor, a signal, the disk."""
    register(database)
    took, candle, deadline = list[float](), now_us(), time.monotonic() + seconds
    while time.monotonic() < deadline:
        candle += 1
        begin = time.perf_counter()
        with database.write() as connection:
            write_decision(connection, candle)
        took.append((time.perf_counter() - begin) * 1000)
        time.sleep(pause)
    return took


def write_decision(connection: Connection, candle: int) -> None:
    """The cursor and a signal."""
    ledger.advance(connection, NAME, candle, 1, now_us())
    signal = Signal(Side.BUY, Decimal("0.5"), "a commit to time")
    ledger.record(connection, NAME, candle, signal, price=1.0, outcome="none", lease_token=1, now_us=now_us())


def register(database: Database) -> None:
    """The strategy whose books these are; halted, so that no trader claims it."""
    names = ("exchange", "symbol", "timeframe", "strategy_name", "config", "reason")
    row = dict.fromkeys(names, "") | {"created_at_us": now_us(), "updated_at_us": now_us()}
    with database.write() as connection:
        if ledger.cursor(connection, NAME) is None:
            connection.execute(insert(strategy_metadata).values(strategy_id=NAME, status="halted", **row))


def main() -> None:
    """Open, measure, print."""
    file, seconds, pause_ms = sys.argv[1], float(sys.argv[2]), float((*sys.argv, "20")[3])
    database = open_database(f"sqlite:///{file}", "full", readers=1)
    try:
        print(json.dumps([round(ms, 3) for ms in run(database, seconds, pause_ms / 1000)]))
    finally:
        database.close()


if __name__ == "__main__":
    main()
