"""Books that have aged: rows of every table that tiers move, over some months, on a real database file."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal as D
from pathlib import Path

from sqlalchemy import insert, text

from shared import candles
from shared.clock import now_us
from shared.config import TierPolicy
from shared.ledger import record_balances
from shared.market import Ticker
from shared.models import equity_history
from shared.tiers import AGED, Shelf, move_aged, pack_aged
from shared.tiers.read import balances, equity, tickers
from shared.trading import BalanceChange
from tests.integration.trader.desk import Desk, open_desk

DAY_US = 86_400_000_000
NOW_US = 1_790_000_000_000_000  # 2026-09-21
WEEK = TierPolicy(hot_days=7, warm_days=30, cold_days=365, frozen_days=800)
EVERYTHING = 2**62
TABLES = ("balance_history", "equity_history", "ticker_data")


@dataclass
class Books:
    """A desk whose one strategy was busy for `days` days up to NOW_US."""

    desk: Desk
    archive: Path

    def shelf(self, step: Callable[[str], None] = lambda _: None) -> Shelf:
        return Shelf(self.desk.database, self.archive, step=step, pause=lambda: None)

    def move(self, table: str = "balance_history", at_us: int = NOW_US, policy: TierPolicy = WEEK) -> None:
        move_aged(self.shelf(), AGED[table], policy, EVERYTHING, at_us)

    def pack(self, table: str = "balance_history", at_us: int = NOW_US, policy: TierPolicy = WEEK) -> int:
        return pack_aged(self.shelf(), AGED[table], policy, EVERYTHING, at_us)

    def everything(self) -> list[object]:
        """What readers see of all tables, wherever it is."""
        with self.desk.database.read() as connection:
            return [
                *balances(connection, self.archive, "one"),
                *equity(connection, self.archive, "one"),
                *tickers(connection, self.archive, "binance", "BTC/USDT"),
            ]

    def hot(self, table: str = "balance_history") -> int:
        """How many rows of a table are in the database."""
        with self.desk.database.read() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def write_day(desk: Desk, day_us: int, rows: int = 20) -> None:
    """A day's rows of every table, spread over the day."""
    times = [day_us + each * DAY_US // rows for each in range(rows)]
    with desk.database.write() as connection:
        record_balances(connection, [_balance(at, each) for each, at in enumerate(times)])
        for at in times:
            worth = D(at) / 7
            row = {"cash": worth, "positions_value": D(0), "equity": worth, "recorded_at_us": at}
            connection.execute(insert(equity_history), {"strategy_id": "one", **row})
        candles.save_tickers(
            connection, [Ticker("binance", "BTC/USDT", at // 1000, D(100), D(101), D(100), at) for at in times]
        )


def _balance(at_us: int, each: int) -> BalanceChange:
    asset = ("USDT", "BTC", "BNB")[each % 3]
    total = D(at_us) / D(3) + each
    return BalanceChange("one", "binance", asset, total, D(each % 2), D("0.1"), "paper", f"trade {at_us}", at_us)


def aged_books(directory: Path, days: int = 70, rows: int = 20) -> Books:
    """Books with so many days behind them; the desk's own rows (its deposit) are of the present."""
    desk = open_desk(directory)
    for day in range(days, 0, -1):
        write_day(desk, NOW_US - day * DAY_US, rows)
    return Books(desk, directory / "archive")


__all__ = ["DAY_US", "EVERYTHING", "NOW_US", "WEEK", "Books", "aged_books", "now_us", "write_day"]
