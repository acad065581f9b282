"""The portfolio of 1,000 positions, followed and read afresh; and its curve out of a million rows of equity."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import insert

from benchmarks.report import Result, percentile
from schema import migrate
from shared import candles
from shared.database import Database, open_database
from shared.market import Ticker
from shared.models import balance_history, positions, strategy_metadata
from shared.portfolio import PortfolioReader
from shared.trading import plain

STRATEGIES, MARKETS, ROWS_EACH = 1_000, 50, 1_000
ROUNDS = 200
_EQUITY = (
    "INSERT INTO equity_history (strategy_id, cash, positions_value, equity, recorded_at_us) VALUES (?, ?, ?, ?, ?)"
)
_EVERY = "SELECT strategy_id, recorded_at_us, equity FROM equity_history ORDER BY equity_id"
_HOUR_US = 3_600_000_000
_NOW_US = 1_790_000_000_000_000
_BEGAN_US = _NOW_US - ROWS_EACH * _HOUR_US


def run() -> list[Result]:
    """Milliseconds to answer, and seconds for the curve."""
    with _desk() as database:
        live = PortfolioReader(database)
        cold = [_took(lambda: PortfolioReader(database).now()) for _ in range(10)]
        live.now()
        still = [_took(live.now) for _ in range(ROUNDS)]
        memory = [_took(lambda: live._holdings.portfolio.totals) for _ in range(ROUNDS)]
        moved = [_after(partial(_tick, database, n), live.now) for n in range(ROUNDS)]
        traded = [_after(partial(_trade, database, n), live.now) for n in range(ROUNDS)]
        whole = [_took(lambda: live.report(_NOW_US)) for _ in range(5)]
        one = [_took(lambda: live.report(_NOW_US, strategy_id="s7")) for _ in range(20)]
        naive = [_took(lambda: _naive(database)) for _ in range(3)]
    many = f"{STRATEGIES:,} positions in {MARKETS} markets"
    return [
        Result(f"portfolio, {many}, read afresh", _ms(cold)),
        Result(
            "the same followed, nothing changed", _ms(still), f"afresh {median(cold):.1f} ms", "< 1 ms", _under(still)
        ),
        Result("the same, after a new price of every market", _ms(moved), "", "< 1 ms", _under(moved)),
        Result("the same, after a trade", _ms(traded)),
        Result("the sums alone, in memory", f"{median(memory) * 1000:.2f} us"),
        Result(
            f"equity curves and performance of all, from {STRATEGIES * ROWS_EACH:,} rows",
            _ms(whole),
            f"every row through the driver, summed: {median(naive):,.0f} ms",
        ),
        Result("the same of one strategy", _ms(one)),
    ]


def _under(took: list[float]) -> bool:
    return median(took) < 1


def _ms(took: list[float]) -> str:
    return f"p50 {median(took):.2f}, p99 {percentile(took, 0.99):.2f} ms"


def _took(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return (perf_counter() - began) * 1_000


def _after(change: Callable[[], object], work: Callable[[], object]) -> float:
    change()
    return _took(work)


@contextmanager
def _desk() -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "trading.db"
        migrate(f"sqlite:///{path}", path)
        database = open_database(f"sqlite:///{path}", "normal")
        try:
            _fill(database)
            yield database
        finally:
            database.close()


def _symbol(number: int) -> str:
    return f"C{number % MARKETS}/USDT"


def _fill(database: Database) -> None:
    numbers = range(STRATEGIES)
    with database.write() as connection:
        connection.execute(insert(strategy_metadata), [_strategy(n) for n in numbers])
        connection.execute(insert(positions), [_position(n) for n in numbers])
        connection.execute(insert(balance_history), [_balance(n, Decimal(9_900)) for n in numbers])
        connection.exec_driver_sql(
            _EQUITY,
            [
                (f"s{n}", "9900", plain(value), plain(9_900 + value), _BEGAN_US + at * _HOUR_US)
                for at in range(ROWS_EACH)
                for value in [100 + Decimal(at % 37) / 10]
                for n in numbers
            ],
        )
    _tick(database, 0)


def _strategy(number: int) -> dict[str, object]:
    words = {"strategy_name": "s", "config": "{}", "status": "active", "reason": "", "broker": "paper"}
    place = {"exchange": "binance", "symbol": _symbol(number), "timeframe": "1m"}
    return {"strategy_id": f"s{number}", **place, **words, "created_at_us": _BEGAN_US, "updated_at_us": _BEGAN_US}


def _position(number: int) -> dict[str, object]:
    amounts = {"amount": "1", "cost": "100.1", "average_price": "100.1", "realized_pnl": "-0.1", "fees": "0.1"}
    place = {"strategy_id": f"s{number}", "exchange": "binance", "symbol": _symbol(number)}
    return {**place, **{name: Decimal(value) for name, value in amounts.items()}, "updated_at_us": _NOW_US}


def _balance(number: int, total: Decimal) -> dict[str, object]:
    row = {"strategy_id": f"s{number}", "exchange": "binance", "asset": "USDT", "source": "paper", "reason": "deposit"}
    return {**row, "total": total, "free": total, "held": Decimal(0), "change": total, "recorded_at_us": _NOW_US}


def _tick(database: Database, number: int) -> None:
    price = 101 + Decimal(number) / 100
    at_ms = _NOW_US // 1_000 + number
    tickers = [Ticker("binance", _symbol(n), at_ms, price, price, price, at_ms * 1_000) for n in range(MARKETS)]
    with database.write() as connection:
        candles.save_tickers(connection, tickers)


def _trade(database: Database, number: int) -> None:
    with database.write() as connection:
        connection.execute(insert(balance_history), [_balance(number % STRATEGIES, Decimal(9_900 - number))])


def _naive(database: Database) -> dict[int, Decimal]:
    """What a loop over the table costs: every row read, the latest of each strategy kept, the sum at each instant."""
    last: dict[str, Decimal] = {}
    total, sums = Decimal(0), dict[int, Decimal]()
    with database.read() as connection:
        rows = connection.exec_driver_sql(_EVERY)
        for name, at_us, text in rows:
            equity = Decimal(text)
            total += equity - last.get(name, Decimal(0))
            last[name] = equity
            sums[at_us] = total
    return sums
