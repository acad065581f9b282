"""A database of about a gigabyte: books with millions of balances, and candles; and traders that write to it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

from sqlalchemy import update

from shared import ledger
from shared.clock import now_us
from shared.config import StrategySettings
from shared.database import Database, lease_time, open_database
from shared.database.schema import upgrade
from shared.database.sqlite import library
from shared.models import positions

ROOT = Path(__file__).parents[1]
STRATEGIES = 20
#: Of the file, what a row takes with its indexes.
_BALANCE_BYTES, _CANDLE_BYTES = 225, 90
_BALANCES = """
INSERT INTO balance_history (strategy_id, exchange, asset, total, free, held, "change", source, reason, recorded_at_us,
    change_percent, stamp_us)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
SELECT 's' || (i % ?), 'binance', CASE i & 1 WHEN 0 THEN 'USDT' ELSE 'BTC' END,
    10000 + i % 977 || '.' || i * 7919 % 100000000,
    10000 + i % 977 || '.' || i * 7919 % 100000000, '0', '-12.' || i * 31 % 100000, 'trade', 'bought 0.001 BTC/USDT',
    1700000000000000 + i * 1000, '0.0' || i % 1000, (SELECT at_us FROM change_clock) FROM n
"""
_CANDLES = """
INSERT INTO ohlcv_data
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)
SELECT 'binance', 'BTC/USDT', '1s', i * 1000, p, p + 1.25, p - 1.5, p + 0.75, i * 7919 % 100003 / 1000.0
FROM (SELECT i, 30000 + i * 7919 % 10007 / 100.0 AS p FROM n)
"""


def build(file: Path, megabytes: int) -> None:
    """Two thirds balances, one third candles; strategies `s0`, `s1` ... with a position each."""
    database = open_database(f"sqlite:///{file}")
    upgrade(database)
    with database.write() as connection:
        for name in (f"s{n}" for n in range(STRATEGIES)):
            wanted = StrategySettings(id=name, name="x", exchange="binance", symbol="BTC/USDT", timeframe="1s")
            ledger.register(connection, wanted, now_us(), *lease_time(connection))
            row = dict.fromkeys(("amount", "cost", "average_price", "realized_pnl", "fees"), Decimal(0))
            connection.execute(
                positions.insert().values(
                    strategy_id=name, exchange="binance", symbol="BTC/USDT", updated_at_us=0, **row
                )
            )
    database.close()
    balances, candles = megabytes * 667_000 // _BALANCE_BYTES, megabytes * 333_000 // _CANDLE_BYTES
    with closing(library().connect(file, isolation_level=None)) as raw:
        raw.execute("PRAGMA cache_size = -200000")
        raw.execute("BEGIN")
        raw.execute("UPDATE change_clock SET held = 1")  # these rows have a stamp: nothing is to be logged of them
        raw.execute(_BALANCES, (balances, STRATEGIES))
        raw.execute(_CANDLES, (candles,))
        raw.execute(
            "INSERT INTO series_coverage VALUES ('binance', 'BTC/USDT', '1s', 0, ?, ?)", (candles * 1000, candles)
        )
        raw.execute("UPDATE change_clock SET held = 0")
        raw.execute("COMMIT")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def writers(file: Path, count: int, pause_ms: float) -> "Iterator[list[subprocess.Popen[str]]]":
    """So many traders that move their positions until `took` ends them."""
    command = [sys.executable, "-m", "benchmarks.large", str(file)]
    pipe = subprocess.PIPE
    running = [
        subprocess.Popen([*command, f"s{n}", str(pause_ms)], cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        for n in range(count)
    ]
    try:
        for process in running:
            assert process.stdout is not None
            process.stdout.readline()
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


def took(running: "list[subprocess.Popen[str]]") -> list[tuple[float, float]]:
    """Of every commit when it ended (monotonic seconds) and how many ms it took; the writers end."""
    return [tuple(each) for process in running for each in json.loads(process.communicate("\n")[0])]


def _write(database: Database, strategy: str, pause: float) -> list[tuple[float, float]]:
    import select  # noqa: PLC0415

    timed, amount = list[tuple[float, float]](), 0
    while not select.select([sys.stdin], [], [], pause)[0]:
        amount += 1
        begin = time.perf_counter()
        with database.write() as connection:
            where = positions.c.strategy_id == strategy
            connection.execute(update(positions).where(where).values(amount=Decimal(amount), updated_at_us=now_us()))
        timed.append((time.monotonic(), (time.perf_counter() - begin) * 1000))
    return timed


def main() -> None:
    """One of the writers."""
    file, strategy, pause_ms = sys.argv[1:]
    database = open_database(f"sqlite:///{file}", "full", readers=1)
    print("ready", flush=True)
    found = _write(database, strategy, float(pause_ms) / 1000)
    print(json.dumps([(round(at, 3), round(ms, 3)) for at, ms in found]))
    database.close()


if __name__ == "__main__":
    main()
