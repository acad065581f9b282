"""A paper market whose time a test sets: orders, tickers and looks at chosen moments, on a real database file."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal as D
from pathlib import Path

from shared import candles, ledger
from shared.clock import now_us
from shared.config import PaperSettings
from shared.market import Candle, Interval, Market, Series, Ticker
from shared.trading import Books, Kind, OpenOrder, Order, Report, Side, Signal, client_order_id
from tests.integration.trader.desk import Desk, open_desk
from trader.paper import OrderBooks, PaperBroker

SECOND = 1_000_000
FOREVER = 2**63 - 1
SPOT = Market("binance", "BTC/USDT", D("0.00001"), D("0.01"), D(5), D("0.0008"), D("0.001"), fee_side="received")


@dataclass
class Floor:
    """One strategy with 10,000 USDT; all times are seconds."""

    desk: Desk
    broker: PaperBroker
    signals: int = 0

    def place(self, side: Side, amount: str, at: float, limit: str | None = None) -> Order:
        """Commit an order intent that was decided on then."""
        self.signals += 1
        candle = self.signals * 1_000
        leg, kind = ("entry" if side is Side.BUY else "exit"), Kind.MARKET if limit is None else Kind.LIMIT
        wanted = Order(
            client_order_id("one", candle, leg),  # type: ignore[arg-type]
            "one",
            candle,
            leg,  # type: ignore[arg-type]
            1,
            "binance",
            "BTC/USDT",
            side,
            D(amount),
            int(at * SECOND),
            kind,
            None if limit is None else D(limit),
        )
        with self.desk.database.write() as connection:
            told = {"price": 100.0, "outcome": "ordered", "lease_token": 1, "now_us": now_us()}
            ledger.record(connection, "one", candle, Signal(side), **told)  # type: ignore[arg-type]
            ledger.place(connection, wanted, 1)
        return wanted

    def tick(self, at: float, bid: str, ask: str, exchange_at: float | None = None) -> None:
        """A ticker is received then; the exchange's own time is the same unless it is given."""
        stamp = int(1_000 * (at if exchange_at is None else exchange_at))
        ticker = Ticker("binance", "BTC/USDT", stamp, D(bid), D(ask), D(bid), int(at * SECOND))
        with self.desk.database.write() as connection:
            candles.save_tickers(connection, [ticker])

    def volumes(self, minutes: Sequence[float]) -> None:
        """What traded in each minute from 0 on."""
        rows = [Candle(place * 60_000, 100, 100, 100, 100, volume) for place, volume in enumerate(minutes)]
        series = Series("binance", "BTC/USDT", "1m")
        with self.desk.database.write() as connection:
            candles.store_page(connection, series, rows, Interval(0, len(rows) * 60_000), now_us=1)

    def waiting(self) -> OpenOrder:
        """The order that is open, as the ledger has it."""
        with self.desk.database.read() as connection:
            (waiting,) = ledger.open_orders(connection, "one")
        return waiting

    def see(self, at: float, until_us: int = FOREVER) -> Report | None:
        """What the broker says of the open order then; nothing is booked."""
        return self.broker.look(self.desk.database, self.waiting(), int(at * SECOND), until_us)

    def look(self, at: float) -> str:
        """The same, booked; the order's status afterwards."""
        waiting = self.waiting()
        if report := self.broker.look(self.desk.database, waiting, int(at * SECOND), FOREVER):
            with self.desk.database.write() as connection:
                ledger.settle(connection, waiting, report, 1, int(at * SECOND))
        return self.status()

    def status(self) -> str:
        """Of the newest order."""
        return str(self.desk.rows("SELECT status FROM orders ORDER BY candle DESC LIMIT 1")[0][0])

    def reason(self) -> str:
        return str(self.desk.rows("SELECT reason FROM orders ORDER BY candle DESC LIMIT 1")[0][0])

    def trades(self) -> list[tuple[object, ...]]:
        """Amount, price, liquidity of each, in the order of booking."""
        return self.desk.rows("SELECT amount, price, liquidity FROM trades ORDER BY sequence")

    def books(self) -> Books:
        with self.desk.database.read() as connection:
            return ledger.books(connection, "one", "binance", "BTC/USDT")


def open_floor(directory: Path, order_books: OrderBooks | None = None, rules: Market = SPOT, **paper: object) -> Floor:
    """A fresh database, and a paper broker without slippage unless it is given."""
    desk = open_desk(directory)
    with desk.database.write() as connection:
        candles.save_markets(connection, [rules], 1)
    settings = PaperSettings.model_validate({"slippage": "0", **paper})
    return Floor(desk, PaperBroker(settings, order_books))
