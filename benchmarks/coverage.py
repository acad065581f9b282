"""What is known of 50 million candles: the ledger behind `chandler candles status` and `gaps`.

The table is real and has all its rows; the statements read the bookkeeping beside it. Needs 5 GB of disk for as long
as it runs.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.processes import ROOT
from benchmarks.report import Result, spread
from console.candles.account import Choice, accounts, wanted_parts
from schema import migrate
from shared.candles.ledger import ledgers
from shared.clock import now_ms
from shared.config import load_settings
from shared.database import Database, open_database
from shared.market import Series

ROWS, SERIES, HOLES, RUNS = 50_000_000, 60, 50, 15
STEP = 60_000
EACH = ROWS // SERIES
ALL = [Series("binance", f"C{number:02}/USDT", "1m") for number in range(SERIES)]

#: Candles of one series from `start` on, all but the first of every hundred thousand or so: the holes.
_FILL = """
INSERT INTO ohlcv_data
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :each)
SELECT :exchange, :symbol, :timeframe, :start + 60000 * (i + i / :run),
       100.1 + i % 7, 108.3, 99.2, 101.7 + i % 5, 1.57 FROM n
"""
_COVER = "INSERT INTO series_coverage VALUES (:exchange, :symbol, :timeframe, :start, :end, :candles)"
_STATUS = "INSERT INTO series_status VALUES (:exchange, :symbol, :timeframe, :end, 'collecting', '', 0, 0)"
_LOST = "INSERT INTO series_unreachable VALUES (:exchange, :symbol, :timeframe, :start, :end, 'keeps only 720', 0)"


def run() -> list[Result]:
    """Medians of fifteen, warm; the commands as whole processes, with Python's start and the imports."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("CHANDLER_BENCH_DIR")) as name:
        directory = Path(name)
        begin = now_ms() - (EACH + HOLES + 10) * STEP
        bytes_each = build(directory, begin - begin % STEP)
        environ = {**os.environ, "CHANDLER_CONFIG": str(configure(directory, begin))}
        settings = load_settings(environ)
        database = open_database(settings.database_url(), "normal", readers=1)

        def told() -> int:
            wanted = wanted_parts(settings.all_series(), {"binance": 120_000}, 7, now_ms())
            with database.read() as connection:
                return sum(len(each.gaps) for each in accounts(ledgers(connection), wanted, Choice(), now_ms()))

        known = timed(told)
        scan = timed(lambda: _scan(database), runs=1)
        database.close()
        status = timed(lambda: command(environ, "status", "--json"))
        gaps = timed(lambda: command(environ, "gaps", "--json"))
        start = timed(lambda: command(environ, "status", "--help"))
    middle = sorted(known)[len(known) // 2]
    what = f"{ROWS:,} candles, {SERIES} series, {SERIES * HOLES:,} covered intervals"
    return [
        Result(f"ledger and gaps of {what}", spread(known, "ms", 1), goal="< 50 ms", met=middle < 50),
        Result("counting the candles of one series in `ohlcv_data`", spread(scan, "ms")),
        Result("`chandler candles status --json`, whole process", spread(status, "ms")),
        Result("`chandler candles gaps --json`, whole process", spread(gaps, "ms")),
        Result("`chandler candles status --help`, whole process", spread(start, "ms")),
        Result("bytes of the database a candle, keys of 17 letters", f"{bytes_each:.1f}"),
    ]


def build(directory: Path, begin: int) -> float:
    """The database; returns its bytes a candle."""
    path = directory / "trading.db"
    migrate(f"sqlite:///{path}", path)
    database = open_database(f"sqlite:///{path}", "normal")
    run_of = EACH // HOLES
    for series in ALL:
        key = dict(zip(("exchange", "symbol", "timeframe"), series.key, strict=True))
        with database.writer.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("BEGIN IMMEDIATE")
            driver.execute(_FILL, {**key, "each": EACH, "start": begin, "run": run_of})
            starts = [begin + STEP * hole * (run_of + 1) for hole in range(HOLES)]
            rows = [{**key, "start": at, "end": at + STEP * run_of, "candles": run_of} for at in starts]
            driver.executemany(_COVER, rows)
            driver.execute(_STATUS, {**key, "end": rows[-1]["end"]})
            driver.execute(_LOST, {**key, "start": begin - 100 * STEP, "end": begin})
            driver.execute("COMMIT")
    database.close()
    return path.stat().st_size / ROWS


def configure(directory: Path, begin: int) -> Path:
    """A configuration that wants all of it."""
    days = (now_ms() - begin) / 86_400_000
    tables = "".join(
        f'[[series]]\nexchange = "binance"\nsymbol = "{series.symbol}"\ntimeframe = "1m"\ndays = {days:.3f}\n'
        for series in ALL
    )
    file = directory / "chandler.toml"
    file.write_text(f'[paths]\ndata = "{directory}"\n[exchanges.binance]\n{tables}', encoding="utf-8")
    return file


def timed(work: Callable[[], object], runs: int = RUNS) -> list[float]:
    """Milliseconds of each run; one more goes before them, uncounted."""
    found = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        work()
        found.append((time.perf_counter() - begin) * 1000)
    return found[1:]


def command(environ: dict[str, str], *arguments: str) -> None:
    """Run `chandler candles ...` to its end."""
    whole = [sys.executable, "-m", "console", "candles", *arguments]
    subprocess.run(whole, cwd=ROOT, env=environ, check=True, capture_output=True)


def _scan(database: Database) -> object:
    """What a count without bookkeeping costs, for one of the sixty."""
    with database.read() as connection:
        query = (
            "SELECT count(*) FROM ohlcv_data WHERE exchange = 'binance' AND symbol = 'C00/USDT' AND timeframe = '1m'"
        )
        return connection.exec_driver_sql(query).scalar()
