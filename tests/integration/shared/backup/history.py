"""A database that all kinds of writers change at random, and what it was after each of their transactions."""

import random
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal as D
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text, update

from shared import candles
from shared.backup.digest import digests
from shared.backup.manifest import Digest
from shared.candles.coverage import covered
from shared.candles.revisions import Change, revise, stored
from shared.clock import now_us
from shared.database import Database
from shared.database.changes import LIVE_COLUMNS, MACHINERY
from shared.database.sqlite import library
from shared.ledger.rows import put
from shared.market import Candle, Interval, Series, Ticker
from shared.models import balance_history, keeper_jobs, positions, risk_marks, signals
from tests.integration.trader.desk import BTC, Desk

State = dict[str, Digest]
SERIES = (BTC, Series("binance", "BTC/USDT", "1m"))


def state_of(driver: Any) -> State:
    """What a database holds, as the connection sees it, but the log and the marks of the moment."""
    return {table: each for table, each in digests(driver, None, LIVE_COLUMNS).items() if table not in MACHINERY}


def state_in(file: Path) -> State:
    """The same of a file that nobody writes."""
    with closing(library().connect(file)) as connection:
        return state_of(connection)


class History:
    """Changes of all kinds, `seen` after each: the stamp, and the state that the writer itself saw."""

    def __init__(self, desk: Desk, seed: int) -> None:
        """`seed` repeats it; histories of one database differ in it."""
        self.database: Database = desk.database
        self.path = desk.path
        self.seen: list[tuple[int, State]] = []
        self.random = random.Random(seed)
        self._number = seed * 1_000_000

    def go_on(self, times: int) -> None:
        """Change something, so many times."""
        ours: list[Callable[[Connection], None]] = [
            self._deposit,
            self._deposit,
            self._position,
            self._page,
            self._page,
            self._revision,
            self._ticker,
            self._signal,
            self._job,
            self._marks,
            self._move_rows,
        ]
        for _ in range(times):
            if self.random.random() < 0.2:
                self._stranger()
                continue
            with self.database.write() as connection:
                for change in self.random.sample(ours, self.random.randint(1, 3)):
                    change(connection)
                self._note(connection.connection.driver_connection)

    def _note(self, driver: Any) -> None:
        (stamp,) = driver.execute("SELECT at_us FROM change_clock").fetchone()
        self.seen.append((stamp, state_of(driver)))

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _deposit(self, connection: Connection) -> None:
        number = self._next()
        whose = {"strategy_id": "one", "exchange": "binance", "asset": "USDT"}
        row = {**whose, "source": "test", "reason": f"é'\n{number}"}
        money = {"total": D(number) / 8, "free": D(1), "held": D(0), "change": D("0.1"), "change_percent": None}
        connection.execute(insert(balance_history), [{**row, **money, "recorded_at_us": now_us()}] * 3)

    def _position(self, connection: Connection) -> None:
        key = {"strategy_id": "one", "exchange": "binance", "symbol": self.random.choice(["BTC/USDT", "ETH/USDT"])}
        names = ("amount", "cost", "average_price", "realized_pnl", "fees")
        put(connection, positions, key, {**dict.fromkeys(names, D(self._next())), "updated_at_us": now_us()})

    def _page(self, connection: Connection) -> None:
        """At the end of what is covered, or beyond a gap, or in it."""
        series = self.random.choice(SERIES)
        known = covered(connection, series)
        start = (known[-1].end if known else 0) + self.random.choice([0, 0, 0, 5]) * series.step
        if len(known) > 1 and self.random.random() < 0.3:
            start = known[0].end
        part = Interval(start, start + 5 * series.step)
        if len(known) > 1 and start == known[0].end:
            part = Interval(start, min(part.end, known[1].start))
        rows = [self._candle(at) for at in range(part.start, part.end, series.step) if self.random.random() < 0.8]
        candles.store_page(connection, series, rows, part, now_us=now_us())

    def _candle(self, at: int) -> Candle:
        price = 100 / self.random.randint(3, 99)
        return Candle(at, price, price, price, price, self.random.random())

    def _revision(self, connection: Connection) -> None:
        """Another price, a candle that never was, one that was left out."""
        series = self.random.choice(SERIES)
        for part in covered(connection, series)[-1:]:
            at = self.random.randrange(part.start, part.end, series.step)
            old = next(iter(stored(connection, series, Interval(at, at + series.step))), None)
            new = None if old and self.random.random() < 0.3 else self._candle(at)
            revise(connection, series, [Change(old, new)], "verify", now_us())

    def _ticker(self, connection: Connection) -> None:
        at = self._next()
        candles.save_tickers(connection, [Ticker("binance", "BTC/USDT", at, D(1), D(2), D("1.5"), at)])

    def _signal(self, connection: Connection) -> None:
        row = {"strategy_id": "one", "candle": self._next(), "side": "buy", "size": D(1), "price": 1 / 3}
        more = {"reason": "", "outcome": "", "lease_token": 1, "created_at_us": now_us()}
        connection.execute(insert(signals).values(**row, **more))

    def _job(self, connection: Connection) -> None:
        values = {"status": "ok", "told": "", "began_at_us": 2**62, "seconds": self.random.random(), "figures": "{}"}
        put(connection, keeper_jobs, {"job": self.random.choice("ab")}, values)

    def _marks(self, connection: Connection) -> None:
        connection.execute(update(risk_marks).values(equity=D(self._next())))
        connection.execute(text("UPDATE leases SET expires_us = expires_us + 1"))

    def _move_rows(self, connection: Connection) -> None:
        """Old rows leave the table, and come back as they were; some are changed, which nobody should."""
        some = select(balance_history.c.balance_id).order_by(text("random()")).limit(4)
        key = balance_history.c.balance_id
        rows = connection.execute(select(balance_history).where(key.in_(some))).mappings().all()
        connection.execute(delete(balance_history).where(key.in_([row["balance_id"] for row in rows])))
        back = [dict(row) for row in rows[:2]]
        if back:
            connection.execute(insert(balance_history), back)
            here = update(balance_history).where(key == back[0]["balance_id"])
            connection.execute(here.values(reason="changed"))

    def _stranger(self) -> None:
        """A tool that knows nothing of stamps, in one transaction of several changes."""
        with stranger(self.path) as connection:
            for _ in range(self.random.randint(1, 3)):
                connection.execute(self.random.choice(_BY_HAND))
            self._note(connection)


@contextmanager
def stranger(path: Path) -> Iterator[Any]:
    """A transaction of a plain connection, as the sqlite3 command makes it."""
    with closing(library().connect(path, isolation_level=None, timeout=10)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")


_SOME = "balance_id = (SELECT balance_id FROM balance_history ORDER BY random() LIMIT 1)"
_CANDLE = """
(exchange, symbol, timeframe, timestamp) IN (
    SELECT exchange, symbol, timeframe, timestamp FROM ohlcv_data AS c WHERE EXISTS (
        SELECT 1 FROM series_coverage AS k WHERE k.exchange = c.exchange AND k.symbol = c.symbol
        AND k.timeframe = c.timeframe AND c.timestamp >= k.start AND c.timestamp < k."end"
    ) ORDER BY random() LIMIT 1
)"""
_ADD = """
INSERT INTO balance_history
    (strategy_id, exchange, asset, total, free, held, change, source, reason, recorded_at_us)
VALUES ('one', 'binance', 'USDT', '1', '1', '0', '0', 'hand', '', 1)"""
_REPLACE = """
REPLACE INTO markets SELECT exchange, symbol, amount_step, price_tick, minimum_cost, maker_fee, taker_fee,
    updated_at_us + 1, minimum_amount, maximum_amount, fee_side FROM markets LIMIT 1"""
_BY_HAND = (
    f"UPDATE balance_history SET reason = reason || '!' WHERE {_SOME}",
    f"DELETE FROM balance_history WHERE {_SOME}",
    f"UPDATE balance_history SET balance_id = (SELECT max(balance_id) + 7 FROM balance_history) WHERE {_SOME}",
    _ADD,
    "UPDATE OR IGNORE positions SET amount = '7', symbol = 'X/USDT' WHERE symbol = (SELECT min(symbol) FROM positions)",
    "DELETE FROM positions WHERE symbol = (SELECT max(symbol) FROM positions)",
    _REPLACE,
    f"UPDATE ohlcv_data SET volume = volume + 0.1 WHERE {_CANDLE}",
    f"DELETE FROM ohlcv_data WHERE {_CANDLE}",
    "UPDATE signals SET price = price * 3 WHERE candle = (SELECT max(candle) FROM signals)",
)
