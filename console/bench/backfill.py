"""A backfill at work, in a process of its own: pages of candles with their coverage, as the backfiller stores them.

`python -m console.bench.backfill DATABASE PAUSE_MS`: until it is ended, so long between two pages. It asks no exchange.
"""

import asyncio
import sys
from contextlib import closing, suppress
from functools import partial
from itertools import count

from sqlalchemy import Connection

from backfiller.store import Store
from shared import candles
from shared.clock import now_us
from shared.database import Database, open_database
from shared.errors import RetryError
from shared.market import Candle, Interval, Series

SERIES = Series("bench", "C0/USDT", "1m")
PAGE = 1_000


def main() -> None:
    """Store page after page."""
    file, pause_ms = sys.argv[1], float(sys.argv[2])
    with closing(open_database(f"sqlite:///{file}", "normal", busy_timeout_ms=0, readers=1)) as database:
        asyncio.run(_fill(database, pause_ms / 1_000))


async def _fill(database: Database, pause_seconds: float) -> None:
    store = Store(database, busy_seconds=10)
    for start in count(0, PAGE * SERIES.step):
        with suppress(RetryError):
            await store.write_unhurried(partial(_page, start=start), pause_seconds)


def _page(connection: Connection, start: int) -> None:
    times = range(start, start + PAGE * SERIES.step, SERIES.step)
    page = [Candle(at, 100.0, 101.0, 99.0, 100.5, 1.5) for at in times]
    candles.store_page(connection, SERIES, page, Interval(times.start, times.stop), now_us=now_us())


if __name__ == "__main__":
    main()
