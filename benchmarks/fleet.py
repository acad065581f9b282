"""Two hundred strategies in one replica: from the commit of a minute's candles to each strategy's own commit on it.

This process stands in for the backfiller: it stores the newest candle of all series in one transaction, as they close
together, and then looks at the cursors. So the last strategy's latency is the time the replica takes for all of them.
"""

import random
import time
from decimal import Decimal
from functools import partial
from statistics import median

from benchmarks.committer import NAME, register, write_decision
from benchmarks.memory import memory
from benchmarks.processes import Place, place
from benchmarks.report import Result, percentile
from console.demo.children import stop_all
from shared import candles
from shared.clock import now_us
from shared.database import Database, open_database
from shared.market import Candle, Interval, Market, Series, Ticker

SYMBOLS, STRATEGIES, CANDLES, WARM_UP, COMMITS = 20, 200, 25, 600, 1_200
MINUTE = 60_000
START = 1_767_225_600_000
CONFIG = """
[exchanges.binance]

[trader]
stale_seconds = 1e10

[risk]
price_band = 1
"""
SECTION = """
[[strategies]]
id = "{name}-{n:03}"
name = "{name}"
exchange = "binance"
symbol = "{symbol}"
timeframe = "1m"
{parameters}
"""


def run() -> list[Result]:
    """p50 and p99 over all strategies and candles, and what the replica weighs at its highest."""
    with place(CONFIG + "".join(map(section, range(STRATEGIES)))) as here:
        database = open_database(f"sqlite:///{here.database}", "normal")
        walk = Walk(database)
        walk.begin()
        scoped, plain = commits(here)
        trader = here.start("trader", "-m", "trader")
        try:
            latencies = measure(here, database, walk)
            weight = memory(trader.process.pid)
        finally:
            stop_all([trader])
            database.close()
    p99, last = percentile(latencies, 0.99), f"of {len(latencies)} decisions"
    return [
        Result(
            f"candles committed to cursor committed, {STRATEGIES} strategies, p50 {last}", f"{median(latencies):.0f} ms"
        ),
        Result("the same, p99", f"{p99:.0f} ms", goal="< 1 s", met=p99 < 1000),
        Result("the same, largest", f"{max(latencies):.0f} ms"),
        Result(
            "a strategy's commit through `write_as`, p50",
            f"{scoped:.2f} ms",
            f"through `write`: {plain:.2f} ms",
            "< 1.5 times",
            scoped < 1.5 * plain,
        ),
        Result("the replica, highest", f"{weight:.0f} MB", "four freqtrade bots: 952 MB", "< 300 MB", weight < 300),
    ]


def section(n: int) -> str:
    """Nine of ten are shipped strategies, each with parameters of its own; the tenth trades on every candle."""
    name = "every_candle" if n % 10 == 0 else "rsi_reversion" if n % 2 else "ema_cross"
    parameters = {
        "every_candle": "",
        "rsi_reversion": f"parameters = {{ window = {10 + n % 11} }}",
        "ema_cross": f"parameters = {{ fast = {5 + n % 7}, slow = {20 + n % 11} }}",
    }
    return SECTION.format(name=name, n=n, symbol=symbol(n // (STRATEGIES // SYMBOLS)), parameters=parameters[name])


def symbol(n: int) -> str:
    """The n-th of the markets."""
    return f"C{n:02}/USDT"


class Walk:
    """Twenty random walks, a candle of each a minute."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._random = random.Random(7)
        self._prices = [100.0] * SYMBOLS
        self.newest = START

    def begin(self) -> None:
        """The markets' rules, and enough candles for every warm-up."""
        step, tick, least, fee = (Decimal(text) for text in ("0.00001", "0.01", "5", "0.001"))
        markets = [Market("binance", symbol(n), step, tick, least, fee, fee) for n in range(SYMBOLS)]
        with self._database.write() as connection:
            candles.save_markets(connection, markets, now_us())
        self.store(WARM_UP)

    def store(self, count: int = 1) -> float:
        """The next candles of all series, and a ticker of each, in one transaction; when it was committed."""
        opens = range(self.newest + MINUTE, self.newest + (count + 1) * MINUTE, MINUTE)
        with self._database.write() as connection:
            for n in range(SYMBOLS):
                rows = [self._candle(n, at) for at in opens]
                covered = Interval(opens[0], opens[-1] + MINUTE)
                series = Series("binance", symbol(n), "1m")
                candles.store_page(connection, series, rows, covered, now_us=now_us())
            tickers = [self._ticker(n) for n in range(SYMBOLS)]
            candles.save_tickers(connection, tickers)
        self.newest = opens[-1]
        return time.perf_counter()

    def _candle(self, n: int, at: int) -> Candle:
        before = self._prices[n]
        after = self._prices[n] = before * (1 + self._random.gauss(0, 0.001))
        return Candle(at, before, max(before, after), min(before, after), after, 1000.0)

    def _ticker(self, n: int) -> Ticker:
        price, at = Decimal(f"{self._prices[n]:.2f}"), now_us()
        return Ticker("binance", symbol(n), at // 1000, price, price + Decimal("0.01"), price, at)


def commits(here: Place) -> tuple[float, float]:
    """What a decision writes, on disk when it returns: medians in ms, confined to one strategy's books and not."""
    database = open_database(f"sqlite:///{here.database}", "full")
    register(database)
    took: dict[str, list[float]] = {"scoped": [], "plain": []}
    try:
        for candle in range(2, COMMITS):
            way, open_way = ("scoped", partial(database.write_as, NAME)) if candle % 2 else ("plain", database.write)
            begin = time.perf_counter()
            with open_way() as connection:
                write_decision(connection, candle)
            took[way].append((time.perf_counter() - begin) * 1000)
    finally:
        database.close()
    return median(took["scoped"]), median(took["plain"])


def measure(here: Place, database: Database, walk: Walk) -> list[float]:
    """Milliseconds of each strategy for each candle; the first candle, which all begin on, is left out."""
    seen = await_all(here, database, walk.newest, time.perf_counter(), seconds=120)
    latencies = list[float]()
    for _ in range(CANDLES):
        time.sleep(random.uniform(1.5, 2.5))  # orders are filled meanwhile, and a look may fall anywhere
        committed = walk.store()
        seen = await_all(here, database, walk.newest, committed, seconds=60)
        latencies += seen
    return latencies


def await_all(here: Place, database: Database, candle: int, since: float, seconds: float) -> list[float]:
    """How long after `since` each strategy's cursor was seen to stand on the candle, ms."""
    took = list[float]()
    query = f"SELECT count(*) FROM strategy_cursors WHERE candle >= {candle}"
    while len(took) < STRATEGIES:
        if time.perf_counter() > since + seconds:
            raise SystemExit(f"only {len(took)} decided:\n{(here.directory / 'trader.log').read_text()[-2000:]}")
        with database.read() as connection:
            there = connection.exec_driver_sql(query).scalar_one()
        took += [(time.perf_counter() - since) * 1000] * (there - len(took))
        time.sleep(0.004)
    return took
