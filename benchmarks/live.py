"""From a candle's close to its row being visible, by stream and by REST: twenty 1s and twenty 1m series.

The simulator's clock is this host's. A reader beside the backfiller looks every few milliseconds at what is stored and
notes when it first sees each candle.
"""

import time
from statistics import median

from benchmarks.processes import Place, place, simulator
from benchmarks.report import Result, percentile
from console.demo.children import stop_all
from shared.clock import now_ms
from shared.database import open_database
from shared.database.connect import Database
from shared.market import Series

SECONDS, SETTLING = 90, 20
BASES = "BTC ETH SOL BNB XRP ADA DOT LTC BCH LINK UNI ATOM XLM ETC FIL TRX EOS NEO XMR ZEC"
SYMBOLS = [f"{base}/USDT" for base in BASES.split()]
LIMITS = {"auto": 2_000, "rest": 5_000}
NAMES = {"auto": "by WebSocket", "rest": "by REST alone"}
CONFIG = """
[exchanges.binance]
url = "{url}"
live = "{live}"

[backfill]
ticker_seconds = 5
"""
SECTION = """
[[series]]
exchange = "binance"
symbol = "{symbol}"
timeframe = "{timeframe}"
days = 0.02
"""


def run() -> list[Result]:
    """Milliseconds from close to visible over all candles of two and a half minutes."""
    results = []
    for live, limit in LIMITS.items():
        with simulator("--symbols", ",".join(SYMBOLS), "--days", "1", "--seconds-days", "1") as url:
            config = CONFIG.format(url=url, live=live)
            for timeframe in ("1s", "1m"):
                config += "".join(SECTION.format(symbol=symbol, timeframe=timeframe) for symbol in SYMBOLS)
            with place(config) as here:
                backfiller = here.start("backfiller", "-m", "backfiller")
                try:
                    seen = observe(here)
                finally:
                    stop_all([backfiller])
        for timeframe in ("1s", "1m"):
            late = [ms for series, ms in seen if series.timeframe == timeframe]
            if not late:
                raise SystemExit(f"no {timeframe} candle was seen in {SECONDS} s; is the backfiller running?")
            p99 = percentile(late, 0.99)
            figure = f"{p99:.0f} ms (p50 {median(late):.0f}, largest {max(late):.0f})"
            what = f"{NAMES[live]}, {timeframe}, close to row visible, p99 of {len(late)}"
            results.append(Result(what, figure, goal=f"< {limit} ms", met=p99 < limit))
    return results


def observe(here: Place) -> list[tuple[Series, float]]:
    """Each candle's series and how many ms after its close it was first seen; the start-up is left out."""
    database = open_database(f"sqlite:///{here.database}", readers=1)
    newest: dict[Series, int] = {}
    found = list[tuple[Series, float]]()
    begin = time.monotonic()
    try:
        while (passed := time.monotonic() - begin) < SETTLING + SECONDS:
            for series, watermark in watermarks(database).items():
                now = now_ms()
                before = newest.get(series, watermark)
                if passed > SETTLING:
                    times = range(before + series.step, watermark + 1, series.step)
                    found += [(series, float(now - (opened + series.step))) for opened in times]
                newest[series] = watermark
            time.sleep(0.005)
    finally:
        database.close()
    return found


def watermarks(database: Database) -> dict[Series, int]:
    """The newest stored candle of each series."""
    query = "SELECT exchange, symbol, timeframe, watermark FROM series_status WHERE watermark IS NOT NULL"
    with database.read() as connection:
        return {Series(*key): watermark for *key, watermark in connection.exec_driver_sql(query)}
