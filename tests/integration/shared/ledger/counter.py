"""A strategy with 1,000 USDT on a real database file, and short ways to order, settle and look."""

from dataclasses import dataclass
from decimal import Decimal as D
from itertools import count

from shared import candles, ledger
from shared.clock import boot_id
from shared.config import StrategySettings
from shared.database import Database
from shared.market import Ticker
from shared.trading import (
    Books,
    BrokerName,
    Fill,
    Kind,
    OpenOrder,
    Order,
    Report,
    Side,
    Signal,
    Status,
    client_order_id,
)

WANTED = StrategySettings(
    id="rsi", name="rsi_reversion", exchange="binance", symbol="BTC/USDT", timeframe="1m", cash=D(1000)
)
BUY, SELL = Side.BUY, Side.SELL


def fill(trade_id: str, side: Side, amount: str, price: str, fee: str = "0", asset: str = "USDT", at: int = 1) -> Fill:
    """A fill of BTC/USDT, executed at `at` (us)."""
    return Fill(trade_id, side, D(amount), D(price), D(fee), asset, at, "BTC", "USDT")


@dataclass
class Counter:
    """Where orders are placed and settled."""

    database: Database

    def __post_init__(self) -> None:
        self._now = count(1_000_000)
        self.register("rsi")

    def register(self, strategy_id: str) -> None:
        """One more strategy of the same market."""
        wanted = WANTED.model_copy(update={"id": strategy_id})
        with self.database.write() as connection:
            ledger.register(connection, wanted, next(self._now), 0, boot_id())

    def order(
        self,
        side: Side,
        amount: str,
        limit: str | None = None,
        strategy_id: str = "rsi",
        broker: BrokerName = "paper",
    ) -> Order:
        """A signal and its order, placed."""
        now = next(self._now)
        order = Order(
            client_order_id(strategy_id, now),
            strategy_id,
            now,
            "entry",
            1,
            "binance",
            "BTC/USDT",
            side,
            D(amount),
            now,
            kind=Kind.LIMIT if limit else Kind.MARKET,
            limit_price=D(limit) if limit else None,
            broker=broker,
        )
        with self.database.write() as connection:
            signal = Signal(side, reason="test")
            ledger.record(connection, strategy_id, now, signal, price=1.0, outcome="ordered", lease_token=1, now_us=now)
            ledger.place(connection, order, 1)
        return order

    def settle(self, order: Order, status: Status, *fills: Fill, reason: str = "") -> Books:
        """A broker reports; whoever asks knows of the order only that it is new."""
        with self.database.write() as connection:
            return ledger.settle(connection, OpenOrder(order), Report(status, fills, reason), 1, next(self._now))

    def send(self, order: Order, until_ms: int) -> None:
        """The request leaves."""
        with self.database.write() as connection:
            ledger.mark_sent(connection, OpenOrder(order), until_ms, 1, next(self._now))

    def tick(self, ticker: Ticker) -> None:
        """A ticker arrives."""
        with self.database.write() as connection:
            candles.save_tickers(connection, [ticker])

    def trade(self, one: Fill, strategy_id: str = "rsi") -> Books:
        """An order and its only fill."""
        order = self.order(one.side, str(one.amount), strategy_id=strategy_id)
        return self.settle(order, Status.FILLED, one)

    def books(self, strategy_id: str = "rsi") -> Books:
        """As they are stored."""
        with self.database.read() as connection:
            return ledger.books(connection, strategy_id, "binance", "BTC/USDT")

    def known(self, order: Order) -> OpenOrder:
        """As it is stored."""
        with self.database.read() as connection:
            return ledger.known(connection, order)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What a user's SQL would see."""
        with self.database.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def complaints(self) -> list[str]:
        """What `chandler ledger verify` would say."""
        with self.database.read() as connection:
            return [str(each) for each in ledger.verify(connection)]

    def change(self, statement: str) -> None:
        """Somebody falsifies the books."""
        with self.database.write() as connection:
            connection.exec_driver_sql(statement)
