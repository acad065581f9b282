"""A small market and two strategies with books, put into a database the way the services do."""

from decimal import Decimal as D

from sqlalchemy import Connection

from shared import candles, ledger
from shared.clock import boot_id, boot_us, now_ms, now_us
from shared.config import StrategySettings
from shared.database import Database
from shared.market import Candle, Interval, Series, Ticker
from shared.trading import Fill, OpenOrder, Order, Report, Side, Signal, Status, client_order_id

BTC = Series("binance", "BTC/USDT", "1m")
RUNNING, IDLE = "rsi-btc", "ema-btc"
CANDLES = 120


def fill_database(database: Database) -> None:
    """Two hours of candles up to now, a ticker, a running strategy that bought twice and sold once, and an idle one."""
    with database.write() as connection:
        _collect(connection)
        for name in (RUNNING, IDLE):
            wanted = StrategySettings(
                id=name, name="rsi_reversion", exchange="binance", symbol="BTC/USDT", timeframe="1m", cash=D(1000)
            )
            ledger.register(connection, wanted, now_us(), boot_us(), boot_id())
        (lease,) = ledger.leases_of(connection, [RUNNING])
        ledger.claim(connection, lease, "0123456789@desk", boot_us() + 60_000_000, boot_id(), now_us())
    trade(database, 1, Side.BUY, "0.1", "100")
    trade(database, 2, Side.BUY, "0.1", "102")
    trade(database, 3, Side.SELL, "0.1", "105")


def trade(database: Database, candle: int, side: Side, amount: str, price: str) -> None:
    """Signal, order and fill of the running strategy."""
    order_id = client_order_id(RUNNING, candle)
    order = Order(order_id, RUNNING, candle, "entry", 1, "binance", "BTC/USDT", side, D(amount), now_us())
    fill = Fill(f"t{candle}", side, D(amount), D(price), D("0.01"), "USDT", now_us(), "BTC", "USDT")
    with database.write() as connection:
        ledger.record(
            connection,
            RUNNING,
            candle,
            Signal(side, reason="test"),
            price=float(price),
            outcome="ordered",
            lease_token=1,
            now_us=now_us(),
        )
        ledger.place(connection, order, 1)
        ledger.settle(connection, OpenOrder(order), Report(Status.FILLED, (fill,)), 1, now_us())


def _collect(connection: Connection) -> None:
    end = BTC.floor(now_ms())
    opens = range(end - CANDLES * BTC.step, end, BTC.step)
    rows = [Candle(at, 100.0, 101.0 + i % 7, 99.0, 100.0 + i % 7, 1.0) for i, at in enumerate(opens)]
    candles.store_page(connection, BTC, rows, Interval(opens[0], end), now_us=now_us())
    ticker = Ticker("binance", "BTC/USDT", now_ms(), D("110.00"), D("110.02"), D("110.01"), now_us())
    candles.save_tickers(connection, [ticker])
