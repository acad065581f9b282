"""The books: balances in bulk, the latest of very many, what a fill costs; each beside the bare driver.

`python -m benchmarks.balances [ROWS]` takes another history than ten million rows, which need 3 GB of disk for a while.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from sqlalchemy import Connection, insert

from benchmarks.report import Result, percentile, show, spread
from schema import migrate
from shared import ledger
from shared.database import Database, open_database
from shared.database.sqlite import library
from shared.ledger import ScriptBook
from shared.ledger.books import save_position
from shared.models import strategy_metadata
from shared.store import Seen, Wallet
from shared.trading import (
    BalanceChange,
    Fill,
    OpenOrder,
    Order,
    Position,
    Report,
    Side,
    Signal,
    Status,
    plain,
)

HISTORY, STRATEGIES, ASSETS = 10_000_000, 1_000, 10
BATCH, RUNS, LOOKS, FILLS = 100_000, 5, 2_000, 500
_COLUMNS = "strategy_id, exchange, asset, total, free, held, change, change_percent, source, reason, recorded_at_us"
_INSERT = f"INSERT INTO balance_history ({_COLUMNS}) VALUES ({', '.join('?' * 11)})"
_LATEST = (
    "SELECT total, held FROM balance_history WHERE balance_id ="
    " (SELECT max(balance_id) FROM balance_history WHERE strategy_id = ? AND asset = ?)"
)
_UPDATE = (
    "UPDATE positions SET amount = ?, cost = ?, average_price = ?, realized_pnl = ?, fees = ? WHERE strategy_id = ?"
)
_HISTORY = f"""
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
    INSERT INTO balance_history ({_COLUMNS})
    SELECT 's' || (i / {ASSETS} % {STRATEGIES}), 'binance', 'A' || (i % {ASSETS}), i || '.25', i || '.25', '0', '1',
           '0.5', 'paper', 'trade ' || i, i FROM n
"""


def run(history: int = HISTORY) -> list[Result]:
    """Medians of five runs of the rates; of single looks and commits, p50 and p99."""
    return [*_bulk(), *_latest(history), *_fills()]


def _bulk() -> list[Result]:
    changes = [_change(n) for n in range(BATCH)]
    seen = [Seen(c.asset, c.total, at_us=10**15 + n) for n, c in enumerate(changes)]
    rows = [(*c[:3], plain(c.total), plain(c.free), "0", "0.01", "0.1", *c[6:]) for c in changes]
    ours, bare, told = list[float](), list[float](), list[float]()
    for _ in range(RUNS + 1):
        with _books() as books:
            bare.append(BATCH / _seconds(lambda: books.bare(lambda driver: driver.executemany(_INSERT, rows))))
            ours.append(BATCH / _seconds(lambda: books.ours(lambda write: ledger.record_balances(write, changes))))
            wallet = Wallet(books.database, ScriptBook("s0", "binance"))
            told.append(BATCH / _seconds(lambda: wallet.record_many(seen)))  # noqa: B023
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)][1:]
    rate, surface = median(ours[1:]), median(told[1:])
    return [
        Result(f"bare executemany, {BATCH:,} balances as text", spread(bare[1:], "rows/s")),
        Result("`ledger.record_balances`, from Decimal", spread(ours[1:], "rows/s"), "", "> 100,000", rate > 100_000),
        Result("ratio, run by run", spread(ratios, "", 2)),
        Result("`Wallet.record_many`, from a script", spread(told[1:], "rows/s"), "", "> 100,000", surface > 100_000),
    ]


def _latest(history: int) -> list[Result]:
    with _books() as books:
        books.bare(lambda driver: driver.execute(_HISTORY, (history,)))
        choose = Random(1)
        chosen = [(f"s{choose.randrange(STRATEGIES)}", f"A{choose.randrange(ASSETS)}") for _ in range(LOOKS)]
        bare = [_ms(lambda: books.driver.execute(_LATEST, who).fetchone()) for who in chosen]  # noqa: B023
        with books.database.read() as connection:
            ours = [_ms(lambda: ledger.latest_balance(connection, *who)) for who in chosen]  # noqa: B023
    what = f"`ledger.latest_balance` of {history:,} rows, p50 / p99 of {LOOKS:,}"
    return [Result(what, _both(ours), f"{_both(bare)} bare", "p50 < 0.2 ms", median(ours) < 0.2)]


def _fills() -> list[Result]:
    """A position's row alone, and all that a fill writes: trade, position, balances, equity, order, event."""
    with _books() as books:
        fills = [_fill(n) for n in range(FILLS)]
        orders = [_order(books, fill) for fill in fills]
        timed = [_three(books, order, fill) for order, fill in zip(orders, fills, strict=True)]
    whole, alone, bare = (list(took) for took in zip(*timed, strict=True))
    return [
        Result(f"a position's new row and commit, p50 / p99 of {FILLS}", _both(alone), f"{_both(bare)} bare"),
        Result("`ledger.settle` of a fill and commit, the same", _both(whole), f"{_both(bare)} bare, one row"),
    ]


def _three(books: "Books", order: Order, fill: Fill) -> tuple[float, float, float]:
    """A settlement, then a position's row by the ledger and by the driver: each another one, or nothing is synced."""
    whole = _ms(lambda: _settle(books, order, fill))
    number = Decimal(fill.executed_at_us)
    one, other = (Position(Decimal(1), number, fees=fee) for fee in (number, number + 1))
    row = _row(other)
    alone = _ms(lambda: books.ours(lambda write: save_position(write, order, one, 1)))
    return whole, alone, _ms(lambda: books.bare(lambda driver: driver.execute(_UPDATE, row)))


@dataclass(frozen=True)
class Books:
    """The same database, through the ledger's connection and through a bare one."""

    database: Database
    driver: Any

    def ours(self, write: Callable[[Connection], object]) -> None:
        """One transaction of ours."""
        with self.database.write() as connection:
            write(connection)

    def bare(self, write: Callable[[Any], object]) -> None:
        """One transaction of the driver's."""
        self.driver.execute("BEGIN IMMEDIATE")
        write(self.driver)
        self.driver.execute("COMMIT")


@contextmanager
def _books() -> Iterator[Books]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "trading.db"
        migrate(f"sqlite:///{path}", path)
        database = open_database(f"sqlite:///{path}", "full")
        driver = library().connect(path, isolation_level=None)
        driver.execute("PRAGMA synchronous = FULL")
        names = ("exchange", "symbol", "timeframe", "strategy_name", "config", "reason")
        row = dict.fromkeys(names, "") | {"status": "active", "created_at_us": 1, "updated_at_us": 1}
        with database.write() as connection:
            connection.execute(insert(strategy_metadata), [{**row, "strategy_id": f"s{n}"} for n in range(STRATEGIES)])
        try:
            yield Books(database, driver)
        finally:
            driver.close()
            database.close()


def _change(n: int) -> BalanceChange:
    total, cent = Decimal(100_000 + n).scaleb(-2), Decimal("0.01")
    return BalanceChange("s0", "binance", "A0", total, Decimal(0), cent, "paper", f"row {n}", n)


def _fill(number: int) -> Fill:
    side, price = (Side.BUY, Side.BUY, Side.SELL)[number % 3], Decimal(2_000_000 + number).scaleb(-2)
    return Fill(f"t{number}", side, Decimal("0.01"), price, Decimal("0.2"), "USDT", number, "BTC", "USDT")


def _order(books: Books, fill: Fill) -> Order:
    now = fill.executed_at_us
    order = Order(f"o{now}", "s0", now, "entry", 1, "binance", "BTC/USDT", fill.side, fill.amount, now)
    signal = Signal(fill.side)
    with books.database.write() as connection:
        ledger.record(connection, "s0", now, signal, price=1.0, outcome="ordered", lease_token=1, now_us=now)
        ledger.place(connection, order, 1)
    return order


def _settle(books: Books, order: Order, fill: Fill) -> None:
    report = Report(Status.FILLED, (fill,))
    books.ours(lambda write: ledger.settle(write, OpenOrder(order), report, 1, fill.executed_at_us))


def _row(position: Position) -> tuple[str, ...]:
    names = ("amount", "cost", "average_price", "realized_pnl", "fees")
    return (*(plain(getattr(position, name)) for name in names), "s0")


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _ms(work: Callable[[], object]) -> float:
    return _seconds(work) * 1000


def _both(took: list[float]) -> str:
    """`p50 / p99 ms`."""
    return f"{median(took):.3f} / {percentile(took, 0.99):.3f} ms"


if __name__ == "__main__":
    show("balances", run(int(sys.argv[1]) if len(sys.argv) > 1 else HISTORY))
