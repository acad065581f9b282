"""A paper trader on a real database whose clock stands where the candles' time does."""

from dataclasses import dataclass
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from schema import migrate
from shared import candles, ledger
from shared.clock import boot_id, boot_us
from shared.config import PaperSettings, RiskSettings, StrategySettings, TraderSettings
from shared.database import open_database
from shared.market import Candle, Frame, Interval, Market, Series, Ticker
from shared.trading import Books, Fill, Order, Position, Protection, Side
from trader.backtest.ledger import Booked
from trader.cycle import decide_candle, due_candles
from trader.frames import Frames
from trader.loading import load
from trader.paper import PaperBroker
from trader.running import prepare
from trader.tending import tend_orders, watch_position

BTC = Series("binance", "BTC/USDT", "1m")
NAMES = ("open", "high", "low", "close", "volume")
_SETTINGS, _DESK = TraderSettings(), RiskSettings()
_TRADES = text(
    "SELECT t.trade_id, t.side, t.amount, t.price, t.fee, t.fee_asset, t.executed_at_us, t.liquidity,"
    " o.client_order_id, o.candle, o.leg, o.amount"
    " FROM trades t JOIN orders o USING (client_order_id) ORDER BY t.sequence"
)


def wanted(name: str, **parameters: Any) -> StrategySettings:
    """A strategy's section of the configuration."""
    return StrategySettings(
        id="one", name=name, exchange="binance", symbol="BTC/USDT", timeframe="1m", parameters=parameters
    )


@dataclass
class Clock:
    """What `now_us` and `now_ms` say."""

    us: int = 0

    def patch(self, monkeypatch: pytest.MonkeyPatch) -> "Clock":
        """Let the trader read this clock; leases go by the boot clock, which stays what it is."""
        for place in ("trader.cycle.now_us", "trader.tending.now_us"):
            monkeypatch.setattr(place, lambda: self.us)
        monkeypatch.setattr("trader.cycle.now_ms", lambda: self.us // 1_000)
        return self


class PaperTrader:
    """One strategy from its first candle on: the real cycle, broker and ledger."""

    def __init__(self, directory: Path, section: StrategySettings, market: Market, clock: Clock) -> None:
        directory.mkdir()
        path = directory / "trading.db"
        migrate(f"sqlite:///{path}", path)
        self.database = open_database(f"sqlite:///{path}", "normal")
        self.directory, self.section, self.clock = directory, section, clock
        self.frames, self.broker = Frames(), PaperBroker(PaperSettings())
        with self.database.write() as connection:
            candles.save_markets(connection, [market], 0)
            ledger.register(connection, section, 0, boot_us(), boot_id())
            (lease,) = ledger.leases_of(connection, [section.id])
            lease = ledger.claim(connection, lease, "test", boot_us() + 3_600_000_000, boot_id(), 0)
        self.running = prepare(lease, section.series, load(section, directory), limits=section.risk)

    def live(self, candle: Candle) -> None:
        """A minute: its open, what its prices set off, its end, and the decision on it a moment before the next."""
        opens, ends = candle.timestamp * 1_000, (candle.timestamp + BTC.step) * 1_000 - 1
        self._come(D(repr(candle.open)), opens)
        if (price := self._touched(candle)) is not None:
            self._come(price, ends)
        self.clock.us = ends
        with self.database.write() as connection:
            covered = Interval(candle.timestamp, candle.timestamp + BTC.step)
            candles.store_page(connection, BTC, [candle], covered, now_us=ends)
        for due in due_candles(self.database, self.running, _SETTINGS):
            decide_candle(
                self.database, self.running, due, _SETTINGS, self.broker, _DESK, newest=True, frames=self.frames
            )

    def _come(self, price: D, at_us: int) -> None:
        """A price comes: orders meet it, and what it closes was decided on a moment before."""
        self.clock.us = at_us
        ticker = Ticker(BTC.exchange, BTC.symbol, at_us // 1_000, price, price, price, at_us)
        with self.database.write() as connection:
            candles.save_tickers(connection, [ticker])
        tend_orders(self.database, self.running, _SETTINGS, self.broker, _DESK)
        if self._protection() is None:
            return
        self.clock.us = at_us - 1
        if watch_position(self.database, self.running, self.broker, _DESK):
            self.clock.us = at_us
            tend_orders(self.database, self.running, _SETTINGS, self.broker, _DESK)

    def _touched(self, candle: Candle) -> D | None:
        """The price inside a candle that sets stop or target off, the stop first."""
        protection = self._protection()
        if protection is None:
            return None
        stop, target = protection.stop_price, protection.take_profit
        if stop is not None and D(repr(candle.low)) <= stop:
            return stop
        return target if target is not None and D(repr(candle.high)) >= target else None

    def _protection(self) -> Protection | None:
        with self.database.read() as connection:
            return ledger.protection(connection, self.running.id)

    def restart(self) -> None:
        """Begin anew with what is stored, as a process does."""
        self.frames = Frames()
        strategy = load(self.section, self.directory)
        self.running = prepare(self.running.lease, self.section.series, strategy, limits=self.section.risk)

    @property
    def books(self) -> Books:
        """As they are stored."""
        with self.database.read() as connection:
            return ledger.books(connection, self.running.id, BTC.exchange, BTC.symbol)

    def signals(self) -> list[tuple[Any, ...]]:
        """Candle, side, reason and outcome of each."""
        with self.database.read() as connection:
            query = text("SELECT candle, side, reason, outcome FROM signals ORDER BY candle")
            return [tuple(row) for row in connection.execute(query)]

    def booked(self, cash: D) -> list[Booked]:
        """The trades, each with the books after it, which began with `cash`."""
        found, books = [], Books(cash, Position())
        with self.database.read() as connection:
            rows = connection.execute(_TRADES).all()
        for trade_id, side, amount, price, fee, asset, at_us, liquidity, order_id, candle, leg, whole in rows:
            money = (D(amount), D(price), D(fee))
            fill = Fill(trade_id, Side(side), *money, asset, at_us, "BTC", "USDT", liquidity=liquidity)
            order = Order(order_id, "one", candle, leg, 1, BTC.exchange, BTC.symbol, Side(side), D(whole), at_us)
            after = books.after(fill)
            found.append(Booked(order, fill, after.position.realized_pnl - books.position.realized_pnl, after))
            books = after
        return found


def candles_of(frame: Frame) -> list[Candle]:
    """Its rows."""
    columns = (frame[name].tolist() for name in NAMES)
    return [Candle(*row) for row in zip(frame.timestamps.tolist(), *columns, strict=True)]
