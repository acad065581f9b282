"""A small market and desk on a real database file, for the trader's tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal as D
from pathlib import Path

from schema import migrate
from shared import candles, ledger
from shared.clock import now_us
from shared.config import StrategySettings, TraderSettings
from shared.database import Database, lease_time, open_database
from shared.market import Candle, Frame, Interval, Market, Series, Ticker
from shared.trading import Lease, Position, Signal, Strategy, buy, sell
from trader.running import Running, prepare

BTC = Series("binance", "BTC/USDT", "1s")
MARKET = Market("binance", "BTC/USDT", D("0.00001"), D("0.01"), D(5), D("0.001"), D("0.001"))
PATIENT = TraderSettings(stale_seconds=1e10)


class Flip(Strategy):
    """Buys when flat and sells when not, on every candle: the busiest books there are."""

    @property
    def warm_up(self) -> int:
        return 1

    def decide(self, frame: Frame, position: Position) -> Signal:
        return sell(reason="flip") if position.is_open else buy(reason="flip")


@dataclass(frozen=True)
class Desk:
    """The database and one registered strategy."""

    database: Database
    path: Path
    settings: StrategySettings

    def claim(self, owner: str, seconds: float = 60) -> Lease:
        """Take the strategy's lease for `owner`, whoever has it."""
        with self.database.write() as connection:
            (lease,) = ledger.leases_of(connection, [self.settings.id])
            now, boot = lease_time(connection)
            return ledger.claim(connection, lease, owner, now + int(seconds * 1_000_000), boot, now_us())

    def running(self, lease: Lease, strategy: Strategy | None = None) -> Running:
        """The strategy at work under a lease."""
        return prepare(lease, self.settings.series, strategy or Flip())

    def close_candles(self, opens: Sequence[int], price: float = 100.0) -> None:
        """Store flat candles at the given open times, as the backfiller would."""
        rows = [Candle(at, price, price, price, price, 1.0) for at in opens]
        covered = Interval(opens[0], opens[-1] + BTC.step)
        with self.database.write() as connection:
            candles.store_page(connection, self.settings.series, rows, covered, now_us=now_us())

    def tick(self, bid: str, ask: str) -> None:
        """A ticker arrives now."""
        at = now_us()
        ticker = Ticker("binance", "BTC/USDT", at // 1000, D(bid), D(ask), D(bid), at)
        with self.database.write() as connection:
            candles.save_tickers(connection, [ticker])

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What a user's SQL would see."""
        with self.database.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]


def open_desk(directory: Path, url: str = "", **settings: str) -> Desk:
    """A fresh database with the market's rules and one strategy, `one`, that has 10,000 USDT.

    A file in the directory, or what is at `url`.
    """
    path = directory / "trading.db"
    url = url or f"sqlite:///{path}"
    migrate(url, path)
    database = open_database(url)
    wanted = StrategySettings.model_validate(
        {"id": "one", "name": "flip", "exchange": "binance", "symbol": "BTC/USDT", "timeframe": "1s", **settings}
    )
    with database.write() as connection:
        candles.save_markets(connection, [MARKET], now_us())
        ledger.register(connection, wanted, now_us(), *lease_time(connection))
    return Desk(database, path, wanted)
