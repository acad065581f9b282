"""From a candle's row being visible to the signal on it being visible, with a backfiller and three traders running.

An observer beside them looks at the database about every half millisecond and notes when it first sees a row and
when it first sees a signal; so both ends are what another process can see.
"""

import time
from statistics import median

from benchmarks.processes import Place, place, simulator
from benchmarks.report import Result, percentile
from console.demo.children import stop_all
from shared.database import open_database
from shared.database.connect import Database

SECONDS, SETTLING = 90, 12
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
CONFIG = """
[exchanges.binance]
url = "{url}"

[backfill]
ticker_seconds = 1
"""
SECTION = """
[[strategies]]
id = "{name}"
name = "every_candle"
exchange = "binance"
symbol = "{symbol}"
timeframe = "1s"

[[series]]
exchange = "binance"
symbol = "{symbol}"
timeframe = "1s"
days = 0.3
"""


def run() -> list[Result]:
    """p50 and p99 in milliseconds over all signals of a minute and a half."""
    with simulator() as url:
        config = CONFIG.format(url=url)
        config += "".join(SECTION.format(name=f"s{n}", symbol=symbol) for n, symbol in enumerate(SYMBOLS))
        with place(config) as here:
            children = [here.start("backfiller", "-m", "backfiller")]
            children += [here.start(f"trader-{n}", "-m", "trader") for n in range(len(SYMBOLS))]
            try:
                latencies = observe(here)
            finally:
                stop_all(children)
    if len(latencies) < SECONDS:
        raise SystemExit(f"only {len(latencies)} signals were seen in {SECONDS} s; is the stack running?")
    p99 = percentile(latencies, 0.99)
    return [
        Result(f"row visible to signal visible, p50 of {len(latencies)}", f"{median(latencies):.0f} ms"),
        Result("the same, p99", f"{p99:.0f} ms", goal="< 250 ms", met=p99 < 250),
        Result("the same, largest", f"{max(latencies):.0f} ms"),
    ]


def observe(here: Place) -> list[float]:
    """Milliseconds from first sight of a candle to first sight of its signal; the start-up is left out."""
    database = open_database(f"sqlite:///{here.database}", readers=1)
    rows: dict[tuple[str, int], float] = {}
    latencies: dict[tuple[str, int], float] = {}
    begin = time.perf_counter()
    try:
        while (now := time.perf_counter()) < begin + SETTLING + SECONDS:
            for key in newest(database, "SELECT symbol, watermark FROM series_status WHERE watermark IS NOT NULL"):
                rows.setdefault(key, now)
            seen = newest(
                database,
                "SELECT symbol, max(candle) FROM signals JOIN strategy_metadata USING (strategy_id) GROUP BY symbol",
            )
            for key in seen & rows.keys() - latencies.keys():
                if rows[key] > begin + SETTLING:
                    latencies[key] = (now - rows[key]) * 1000
            time.sleep(0.0005)
    finally:
        database.close()
    return list(latencies.values())


def newest(database: Database, query: str) -> set[tuple[str, int]]:
    """(symbol, candle) pairs a query sees now."""
    with database.read() as connection:
        return {(symbol, candle) for symbol, candle in connection.exec_driver_sql(query)}
