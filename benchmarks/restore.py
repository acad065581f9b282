"""Restoring a database of a gigabyte to an instant: a full backup, and a day's increments on top of it."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from benchmarks.large import build
from benchmarks.report import Result, spread
from shared import candles
from shared.backup.full import take_full
from shared.backup.increment import take_increment
from shared.backup.restore import checked, restore
from shared.clock import now_us
from shared.database import Database, open_database
from shared.market import Candle, Interval, Series

MEGABYTES = 1_000
_INCREMENTS, _TRANSACTIONS, _RUNS = 4, 5_000, 3
_GOAL_SECONDS = 10.0
_MINUTES = Series("binance", "BTC/USDT", "1m")
_PAGE = 100
_MOVE = text("UPDATE positions SET amount = :amount WHERE strategy_id = 's1'")
_BOOK = text(
    "INSERT INTO balance_history (strategy_id, exchange, asset, total, free, held, change, source, reason,"
    " recorded_at_us, stamp_us) VALUES ('s1', 'binance', 'USDT', '1', '1', '0', '0', 'trade', 'bought', :at,"
    " (SELECT at_us FROM change_clock))"
)


def run() -> list[Result]:
    """Build, back up, trade, restore to an instant in the midst of the last increment."""
    with TemporaryDirectory(prefix="chandler-restore-") as name:
        directory = Path(name)
        file, root, archive, target = (directory / each for each in ("trading.db", "backups", "archive", "then.db"))
        build(file, MEGABYTES)
        take_full(file, root, archive, now_us())
        database = open_database(f"sqlite:///{file}", "normal")
        taken, middle = [], 0
        for part in range(_INCREMENTS):
            _trade(database, part, _TRANSACTIONS // 2)
            middle = now_us()
            _trade(database, part + _INCREMENTS, _TRANSACTIONS // 2)
            begin = time.perf_counter()
            take_increment(database, root, archive, now_us())
            taken.append(time.perf_counter() - begin)
        database.close()
        gigabytes = file.stat().st_size / 1e9
        seconds, checks = [], []
        for _ in range(_RUNS):
            begin = time.perf_counter()
            restore(root, middle, target, now_us(), check=False)
            seconds.append((time.perf_counter() - begin) / gigabytes)
            begin = time.perf_counter()
            checked(target)
            checks.append((time.perf_counter() - begin) / gigabytes)
            target.unlink()
    changes = f"{_INCREMENTS} increments of {_TRANSACTIONS:,} transactions and {_TRANSACTIONS // 10 * _PAGE:,} candles"
    return [
        Result(
            f"restore {gigabytes:.2f} GB to an instant, per GB",
            spread(seconds, "s", 1),
            changes,
            f"under {_GOAL_SECONDS:.0f} s",
            sorted(seconds)[_RUNS // 2] < _GOAL_SECONDS,
        ),
        Result("and its pages, references and books checked", spread(checks, "s", 1)),
        Result("take an increment", spread(taken, "s", 2), changes),
    ]


def _trade(database: Database, part: int, times: int) -> None:
    """Of every transaction a position and a balance; every tenth a page of candles."""
    for number in range(times):
        with database.write() as connection:
            connection.execute(_MOVE, {"amount": str(number)})
            connection.execute(_BOOK, {"at": now_us()})
            if number % 10 == 0:
                first = (part * times // 10 + number // 10) * _PAGE * _MINUTES.step
                opens = range(first, first + _PAGE * _MINUTES.step, _MINUTES.step)
                rows = [Candle(at, 1.25, 2.0, 1.0, 1.5, 3.0) for at in opens]
                part_of = Interval(first, first + _PAGE * _MINUTES.step)
                candles.store_page(connection, _MINUTES, rows, part_of, now_us=now_us())
